"""Taking in what became of messages (rules 28 to 30)."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.engagement import bursts, effects, repository, storing
from crm_service.engagement.accepting import Acceptor, Refused, Row
from crm_service.engagement.bursts import Neighbor
from crm_service.engagement.effects import Happened, Order
from crm_service.engagement.incoming import Incoming
from crm_service.interactions import last
from crm_service.policies import service as policies
from crm_service.subjects import service as subjects

__all__ = ["Ingested", "Rejection", "ingest"]

#: What people do with a message, which only watching tells.
_WATCHING = frozenset({"opened", "clicked"})


@dataclass(frozen=True)
class Rejection:
    """An event that was not stored: its place in the sequence from 0, a stable code, what to do."""

    index: int
    code: str
    detail: str


@dataclass(frozen=True)
class Ingested:
    """What became of a sequence of events; a duplicate had its effect before, and has none now."""

    accepted: int = 0
    duplicates: int = 0
    rejected: Sequence[Rejection] = field(default_factory=tuple)


def ingest(
    connection: Connection,
    controller_id: uuid.UUID,
    events: Sequence[Incoming],
    *,
    actor: str,
    pepper: bytes,
) -> Ingested:
    """Store events once each, with their effects, in the caller's transaction.

    ``connection``: of ``transaction(controller_id)`` or ``pipeline(controller_id)``. At most some
    thousands at once. A bad event is reported and costs no other one. Nothing here lifts or weakens
    anything. Raises psycopg's errors; the transaction must roll back then, and all of it may be
    sent again.
    """
    now = utcnow()
    policy = policies.active(connection, controller_id)
    order = Order(controller_id, actor, pepper, policy.engagement, now, policy)
    rows, said, rejected = _accept(connection, order, events)
    fresh = storing.unseen(connection, controller_id, rows)
    if fresh:
        _take(connection, order, fresh, said)
    duplicates = len(rows) - len(fresh)
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="engagement.ingest",
        fields=["email"],
        count=len({row.address_key for row in fresh}),
        details={"accepted": len(fresh), "duplicates": duplicates, "rejected": len(rejected)},
    )
    return Ingested(len(fresh), duplicates, rejected)


def _accept(
    connection: Connection, order: Order, events: Sequence[Incoming]
) -> tuple[list[Row], dict[uuid.UUID, Incoming], list[Rejection]]:
    named = {event.contact_id for event in events if event.contact_id is not None}
    facts = {"controller_id": order.controller_id, "contact_ids": list(named)}
    found = connection.execute(repository.KEYS_OF_CONTACTS, facts).fetchall() if named else []
    acceptor = Acceptor(order.pepper, order.now, dict(found))
    said: dict[uuid.UUID, Incoming] = {}
    rows, rejected = [], []
    for index, event in enumerate(events):
        try:
            row = acceptor.accept(event)
        except Refused as refusal:
            rejected.append(Rejection(index, refusal.code, str(refusal)))
        else:
            rows.append(row)
            said.setdefault(row.digest, event)
    return rows, said, rejected


def _take(
    connection: Connection, order: Order, rows: Sequence[Row], said: dict[uuid.UUID, Incoming]
) -> None:
    """Store what was never seen, and let it have its effects. Digests first, then subjects."""
    mattering = {row.address_key for row in rows if effects.may_matter(row, order.rules)}
    known = subjects.lock_by_keys(connection, order.controller_id, mattering, kind="email")
    gone = _not_kept(connection, order, rows)
    kept = _kept(connection, order, rows, gone)
    ids = storing.store(connection, order.controller_id, kept)
    storing.keep_raw(connection, order, zip(ids, kept, strict=True), said)
    marked = bursts.mark(connection, order.controller_id, kept)
    machines = {event.id for event in marked}
    happened = [
        Happened(one, row, row.machine or one in machines, uuid.uuid4())
        for one, row in zip(ids, kept, strict=True)
        if row.address_key in known
    ]
    _note_engagement(connection, order, happened, marked)
    effects.tell(connection, order, happened, known)
    happened += [
        Happened(uuid.uuid4(), row, row.machine, uuid.uuid4())
        for row in rows
        if row.address_key in gone
    ]
    effects.block(connection, order, happened)
    effects.leave(connection, order, happened)


def _not_kept(connection: Connection, order: Order, rows: Sequence[Row]) -> set[uuid.UUID]:
    """Return whose events are not stored, though they block and end: the erased, the restricted."""
    keys = {row.address_key for row in rows}
    erased = storing.erased(connection, order.controller_id, keys)
    return erased | storing.restricted(connection, order.controller_id, keys)


def _kept(
    connection: Connection, order: Order, rows: Sequence[Row], gone: Collection[uuid.UUID]
) -> Sequence[Row]:
    keys = {row.address_key for row in rows if row.type in _WATCHING}
    unwatched = storing.unwatched(connection, order.controller_id, order.policy, keys)
    if not gone and not unwatched:
        return rows
    return [
        row
        for row in rows
        if row.address_key not in gone
        and not (row.type in _WATCHING and row.address_key in unwatched)
    ]


def _note_engagement(
    connection: Connection,
    order: Order,
    happened: Sequence[Happened],
    marked: Collection[Neighbor],
) -> None:
    """Move the last interaction of people, not of machines (rule 30, clause ee-09)."""
    moments: dict[uuid.UUID, datetime] = {}
    for one in happened:
        if one.row.type in {"opened", "clicked"} and not one.machine:
            at = min(one.row.occurred_at, order.now)
            moments[one.row.address_key] = max(at, moments.get(one.row.address_key, at))
    last.engaged(connection, order.controller_id, moments)
    mistaken = {event.address_key for event in marked}
    if mistaken:
        facts = {"controller_id": order.controller_id, "keys": list(mistaken)}
        rows = connection.execute(repository.ENGAGED, facts).fetchall()
        last.restate_engaged(connection, order.controller_id, dict(rows))
