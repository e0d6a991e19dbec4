"""Storing events: once each, nothing of erased people, raw parts only for the policy's term."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson

from crm_service import arrays
from crm_service.db import Connection
from crm_service.engagement import repository
from crm_service.engagement.accepting import Row
from crm_service.engagement.devices import MAX_USER_AGENT
from crm_service.engagement.effects import Order
from crm_service.engagement.writing import Written, write
from crm_service.permissions import stopping
from crm_service.policies.document import Policy

MAX_RAW = 20_000


def unseen(connection: Connection, controller_id: uuid.UUID, written: Written) -> Written | None:
    """Return the rows never seen before, and remember them (rule 28); None where there is none.

    Another transaction with one of them waits here until this one has ended.
    """
    facts = {"controller_id": controller_id, "digests": written.digests}
    seen = {digest for (digest,) in repository.CLAIM.execute(connection, facts)}
    if not seen:
        return written
    return but(written, [row for row in written.rows if row.digest not in seen])


def erased(connection: Connection, controller_id: uuid.UUID, written: Written) -> set[str]:
    """Return the keys of erased people that nobody bears now."""
    facts = {"controller_id": controller_id, "keys": written.keys}
    return {key for (key,) in connection.execute(repository.ERASED, facts)}


def restricted(connection: Connection, controller_id: uuid.UUID, written: Written) -> set[str]:
    """Return the keys of people whose data are stored, and that is all (GDPR Art. 18)."""
    facts = {"controller_id": controller_id, "keys": written.keys}
    return {key for (key,) in connection.execute(repository.RESTRICTED, facts)}


def unwatched(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    keys: Collection[str],
) -> set[str]:
    """Return the keys of people who ended what watching them is for (clause no-10).

    That is the purpose of tracking, or marketing where the policy has none of its own for it.
    """
    if not policy.rights.withdrawal_stops_collection or not keys:
        return set()
    facts = {"controller_id": controller_id, "keys": arrays.of_hex(keys)}
    owners: dict[str, uuid.UUID] = dict(connection.execute(repository.SUBJECTS, facts).fetchall())
    ended = stopping.stopped(connection, controller_id, set(owners.values()))
    watching = {policy.tracking.purpose} if policy.tracking.purpose else _marketing(policy)
    return {
        key for key, owner in owners.items() if owner in ended and ended[owner].purposes & watching
    }


def _marketing(policy: Policy) -> set[str | None]:
    return {slug for slug, one in policy.purposes.items() if one.category == "marketing"}


def store(connection: Connection, controller_id: uuid.UUID, kept: Written) -> None:
    """Store the rows."""
    repository.STORE.execute(connection, {"controller_id": controller_id, **kept.columns})


def but(written: Written, rows: Sequence[Row]) -> Written | None:
    """Return ``rows`` as what was written of all of them, which seldom has to be written anew."""
    if len(rows) == len(written.rows):
        return written
    return write(rows) if rows else None


def keep_raw(connection: Connection, order: Order, stored: Written) -> None:
    """Keep user agents and providers' own words for the policy's term, if it has one.

    What is larger than anybody reads is left out.
    """
    term = order.rules.raw_term
    if term is None:
        return
    rows = [_raw(one, row) for one, row in zip(stored.ids, stored.rows, strict=True)]
    rows = [row for row in rows if row["user_agent"] or row["ip_prefix"] or row["raw"]]
    if rows:
        facts = {
            "controller_id": order.controller_id,
            "rows": orjson.dumps(rows).decode(),
            "now": order.now,
            "term": term.interval,
        }
        connection.execute(repository.KEEP_RAW, facts)


def _raw(event_id: str, row: Row) -> dict[str, Any]:
    event = row.said
    return {
        "id": event_id,
        "address_key": row.key,
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
