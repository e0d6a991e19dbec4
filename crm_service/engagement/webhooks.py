"""Taking a provider's delivery: whose endpoint it is, proven, taken apart, each event stored once.

Nothing is stored of a delivery that is not proven. Of a proven one, each event that can be kept is
kept and the others are told in the answer: a provider that was refused for one bad event would send
the whole batch again and again. What passes (no database, no certificate) is 503, so that it does.
"""

import hashlib
import hmac
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from crm_service.db import Connection, pipeline
from crm_service.engagement import endpoint_repository as repository
from crm_service.engagement import endpoints, service
from crm_service.engagement.endpoints import SECRETS
from crm_service.engagement.incoming import Incoming
from crm_service.engagement.metrics import EVENTS, REFUSED
from crm_service.engagement.providers import PROVIDERS
from crm_service.engagement.providers.delivery import (
    BadEvent,
    Delivery,
    Once,
    Provider,
    Refused,
)
from crm_service.engagement.service import Ingested, Rejection
from crm_service.errors import DomainError, Invalid, NotFound
from crm_service.keyring import Keyring

#: More events than any provider documents for one delivery.
MOST_EVENTS = 10_000
#: Events a transaction: few enough that nobody waits long for their people.
SLICE = 1_000


class Ended(DomainError):
    """The endpoint was deleted; nothing sent to it is taken any more."""

    code = "endpoint_deleted"


class Replayed(DomainError):
    """The delivery shows a token that was used before; nothing of it was stored."""

    code = "webhook_replayed"


@dataclass(frozen=True)
class Endpoint:
    """Where a delivery came in."""

    controller_id: uuid.UUID
    id: uuid.UUID
    adapter: Provider
    settings: dict[str, Any]
    secrets: tuple[str, ...] = field(repr=False)


def find(keyring: Keyring, provider: str, endpoint_id: uuid.UUID) -> Endpoint:
    """Return the endpoint with this id, whosever it is, with its valid secrets.

    Raises ``NotFound`` (``unknown_endpoint``), also for another provider's, and ``Ended``.
    """
    with pipeline(None) as connection:
        row, sealed = repository.named(connection, endpoint_id)
    if row is None or row["provider"] != provider:
        raise NotFound("there is no such endpoint", code="unknown_endpoint")
    if row["deleted_at"] is not None:
        raise Ended("this endpoint was deleted")
    place = partial(endpoints.secret_place, row["controller_id"], endpoint_id)
    secrets = (SECRETS.unseal(keyring, place(one["id"]), one["sealed"]) for one in sealed)
    return Endpoint(
        row["controller_id"], endpoint_id, PROVIDERS[provider], row["settings"], tuple(secrets)
    )


def fingerprints(keyring: Keyring, controller_id: uuid.UUID) -> Callable[..., str]:
    """Return what turns parts of an event into an id: the same for ever, and never guessed back."""
    key = hmac.digest(keyring.pepper(controller_id), b"webhook-events", "sha256")

    def fingerprint(*parts: object) -> str:
        return hmac.digest(key, orjson.dumps(parts, default=str), "sha256").hex()[:40]

    return fingerprint


def take(endpoint: Endpoint, delivery: Delivery, keyring: Keyring) -> Ingested:
    """Prove a delivery and store its events, a slice a transaction.

    Raises ``Refused``, ``Replayed``, ``Unreadable``, ``Unreachable`` and psycopg's errors. Of what
    raised the last of these, some may be stored: sent again, that is a duplicate.
    """
    name = endpoint.adapter.name
    try:
        once = endpoint.adapter.verify(delivery)
        events, places, unread = normalize(endpoint.adapter, delivery)
        with pipeline(endpoint.controller_id) as connection:
            _spend(connection, endpoint, once)
            _keep_subscription(connection, endpoint, delivery, keyring)
            # With the token: one that was spent without its event would lose it.
            first = _store(connection, endpoint, events[:SLICE], keyring)
    except Refused as refusal:
        REFUSED.labels(name, refusal.reason).inc()
        raise
    except Replayed:
        REFUSED.labels(name, "replayed").inc()
        raise
    stored = [first, *_store_rest(endpoint, events, keyring)]
    placed = [
        Rejection(places[number * SLICE + one.index], one.code, one.detail)
        for number, part in enumerate(stored)
        for one in part.rejected
    ]
    accepted, duplicates = (
        sum(part.accepted for part in stored),
        sum(p.duplicates for p in stored),
    )
    rejected = sorted([*unread, *placed], key=lambda one: one.index)
    return _counted(name, Ingested(accepted, duplicates, rejected))


def _counted(name: str, taken: Ingested) -> Ingested:
    outcomes = (taken.accepted, taken.duplicates, len(taken.rejected))
    for outcome, count in zip(("accepted", "duplicate", "rejected"), outcomes, strict=True):
        EVENTS.labels(name, outcome).inc(count)
    return taken


def normalize(
    adapter: Provider, delivery: Delivery
) -> tuple[list[Incoming], list[int], list[Rejection]]:
    """Return the events of a proven delivery, each with its place there, and what is none.

    Raises ``Unreadable`` and ``Invalid`` (``too_many_events``).
    """
    items = adapter.split(delivery)
    if len(items) > MOST_EVENTS:
        raise Invalid(f"at most {MOST_EVENTS} events a delivery", code="too_many_events")
    events: list[Incoming] = []
    places: list[int] = []
    rejected: list[Rejection] = []
    for index, item in enumerate(items):
        try:
            read = list(adapter.read(item, delivery))
        except BadEvent as refusal:
            rejected.append(Rejection(index, refusal.code, str(refusal)))
            continue
        events += read
        places += [index] * len(read)
    return events, places, rejected


def _store_rest(
    endpoint: Endpoint, events: Sequence[Incoming], keyring: Keyring
) -> Iterator[Ingested]:
    for begin in range(SLICE, len(events), SLICE):
        with pipeline(endpoint.controller_id) as connection:
            yield _store(connection, endpoint, events[begin : begin + SLICE], keyring)


def _store(
    connection: Connection, endpoint: Endpoint, events: Sequence[Incoming], keyring: Keyring
) -> Ingested:
    if not events:
        return Ingested()
    return service.ingest(
        connection,
        endpoint.controller_id,
        events,
        actor=f"webhook:{endpoint.id}",
        pepper=keyring.pepper(endpoint.controller_id),
    )


def _spend(connection: Connection, endpoint: Endpoint, once: Once | None) -> None:
    if once is None:
        return
    digest = hashlib.sha256(once.token.encode()).digest()
    if not repository.spend(
        connection, endpoint.controller_id, endpoint.id, digest=digest, forget_at=once.until
    ):
        raise Replayed("this delivery was taken before; do not send it again")


def _keep_subscription(
    connection: Connection, endpoint: Endpoint, delivery: Delivery, keyring: Keyring
) -> None:
    if endpoint.adapter.subscription is None:
        return
    token = endpoint.adapter.subscription(delivery)
    if token is not None:
        place = endpoints.subscription_place(endpoint.controller_id, endpoint.id)
        sealed = SECRETS.seal(keyring, place, token)
        repository.request_subscription(connection, endpoint.controller_id, endpoint.id, sealed)
