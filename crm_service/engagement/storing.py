"""Storing events: once each, nothing of erased people, raw parts only for the policy's term."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import orjson

from crm_service.db import Connection
from crm_service.engagement import repository
from crm_service.engagement.accepting import Row
from crm_service.engagement.devices import MAX_USER_AGENT
from crm_service.engagement.effects import Order
from crm_service.engagement.incoming import Incoming
from crm_service.permissions import stopping
from crm_service.policies.document import Policy
from crm_service.suppression.bulk import ids_in_order

MAX_RAW = 20_000
_FIELDS = ("id", *Row._fields)


def unseen(connection: Connection, controller_id: uuid.UUID, rows: Iterable[Row]) -> list[Row]:
    """Return the rows never seen before, each once, and remember them (rule 28).

    Another transaction with one of them waits here until this one has ended.
    """
    by_digest: dict[uuid.UUID, Row] = {}
    for row in rows:
        by_digest.setdefault(row.digest, row)
    if not by_digest:
        return []
    digests = f"{{{','.join([digest.hex for digest in by_digest])}}}"
    facts = {"controller_id": controller_id, "digests": digests}
    for (digest,) in connection.execute(repository.CLAIM, facts).fetchall():
        del by_digest[digest]
    return list(by_digest.values())


def erased(
    connection: Connection, controller_id: uuid.UUID, keys: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Return the addresses of erased people that nobody bears now."""
    facts = {"controller_id": controller_id, "keys": f"{{{','.join([key.hex for key in keys])}}}"}
    return {row[0] for row in connection.execute(repository.ERASED, facts)}


def restricted(
    connection: Connection, controller_id: uuid.UUID, keys: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Return the addresses of people whose data are stored, and that is all (GDPR Art. 18)."""
    facts = {"controller_id": controller_id, "keys": f"{{{','.join([key.hex for key in keys])}}}"}
    return {row[0] for row in connection.execute(repository.RESTRICTED, facts)}


def unwatched(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    keys: Collection[uuid.UUID],
) -> set[uuid.UUID]:
    """Return the addresses of people who ended what watching them is for (clause no-10).

    That is the purpose of tracking, or marketing where the policy has none of its own for it.
    """
    if not policy.rights.withdrawal_stops_collection or not keys:
        return set()
    facts = {"controller_id": controller_id, "keys": list(keys)}
    owners: dict[uuid.UUID, uuid.UUID] = dict(
        connection.execute(repository.SUBJECTS, facts).fetchall()
    )
    ended = stopping.stopped(connection, controller_id, set(owners.values()))
    watching = {policy.tracking.purpose} if policy.tracking.purpose else _marketing(policy)
    return {
        key for key, owner in owners.items() if owner in ended and ended[owner].purposes & watching
    }


def _marketing(policy: Policy) -> set[str | None]:
    return {slug for slug, one in policy.purposes.items() if one.category == "marketing"}


def store(connection: Connection, controller_id: uuid.UUID, rows: Sequence[Row]) -> list[uuid.UUID]:
    """Store the rows; return their ids in the same order."""
    ids = [uuid.UUID(one) for one in ids_in_order(len(rows))]
    if rows:
        told = [
            dict(zip(_FIELDS, (one, *row), strict=True)) for one, row in zip(ids, rows, strict=True)
        ]
        facts = {"controller_id": controller_id, "rows": orjson.dumps(told).decode()}
        connection.execute(repository.STORE, facts)
    return ids


def keep_raw(
    connection: Connection,
    order: Order,
    stored: Iterable[tuple[uuid.UUID, Row]],
    said: Mapping[uuid.UUID, Incoming],
) -> None:
    """Keep user agents and providers' own words for the policy's term, if it has one.

    ``said``: the events by their digests. What is larger than anybody reads is left out.
    """
    term = order.rules.raw_term
    if term is None:
        return
    rows = [_raw(one, row, said[row.digest]) for one, row in stored]
    rows = [row for row in rows if row["user_agent"] or row["ip_prefix"] or row["raw"]]
    if rows:
        facts = {
            "controller_id": order.controller_id,
            "rows": orjson.dumps(rows).decode(),
            "now": order.now,
            "term": term.interval,
        }
        connection.execute(repository.KEEP_RAW, facts)


def _raw(event_id: uuid.UUID, row: Row, event: Incoming) -> dict[str, Any]:
    return {
        "id": event_id,
        "address_key": row.address_key,
        "user_agent": (event.user_agent or "")[:MAX_USER_AGENT].replace("\0", "") or None,
        "ip_prefix": (event.ip_prefix or "")[:64].replace("\0", "") or None,
        "raw": _bounded(event.raw),
    }


def _bounded(raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what a provider said, unless it is too large or PostgreSQL could not hold it."""
    if not raw:
        return None
    try:
        text = orjson.dumps(dict(raw))
    except TypeError:
        return None
    return dict(raw) if len(text) <= MAX_RAW and b"\\u0000" not in text else None
