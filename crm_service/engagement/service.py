"""Taking in what became of messages (rules 28 to 30)."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.engagement import bursts, effects, repository, storing
from crm_service.engagement.acceptance import Acceptance, Rejection
from crm_service.engagement.accepting import Acceptor
from crm_service.engagement.bursts import Neighbor
from crm_service.engagement.effects import Happened, Order
from crm_service.engagement.incoming import Incoming
from crm_service.engagement.writing import Written
from crm_service.interactions import last
from crm_service.policies import service as policies
from crm_service.subjects import service as subjects

__all__ = ["Ingested", "Rejection", "ingest", "store"]

#: What people do with a message, which only watching tells.
_WATCHING = frozenset({"opened", "clicked"})


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
    accepted = Acceptance(Acceptor(pepper, utcnow()))
    for place, event in enumerate(events):
        accepted.add(place, event)
    return store(connection, controller_id, accepted, actor=actor, pepper=pepper)


def store(
    connection: Connection,
    controller_id: uuid.UUID,
    accepted: Acceptance,
    *,
    actor: str,
    pepper: bytes,
) -> Ingested:
    """Do what ``ingest`` does with events that were checked before; they stay as they are."""
    policy = policies.active(connection, controller_id)
    order = Order(controller_id, actor, pepper, policy.engagement, utcnow(), policy)
    rows, rejected, written = accepted.settled(_contacts(connection, controller_id, accepted))
    fresh = written and storing.unseen(connection, controller_id, written)
    if fresh:
        _take(connection, order, fresh)
    stored = fresh.rows if fresh else ()
    duplicates = rows - len(stored)
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="engagement.ingest",
        fields=["email"],
        count=fresh.people if fresh else 0,
        details={"accepted": len(stored), "duplicates": duplicates, "rejected": len(rejected)},
    )
    return Ingested(len(stored), duplicates, rejected)


def _contacts(
    connection: Connection, controller_id: uuid.UUID, accepted: Acceptance
) -> dict[uuid.UUID, uuid.UUID]:
    """Return the current e-mail keys of the contacts that events name."""
    named = list(accepted.contacts())
    if not named:
        return {}
    facts = {"controller_id": controller_id, "contact_ids": named}
    return dict(connection.execute(repository.KEYS_OF_CONTACTS, facts).fetchall())


def _take(connection: Connection, order: Order, fresh: Written) -> None:
    """Store what was never seen, and let it have its effects. Digests first, then subjects."""
    controller_id = order.controller_id
    keys = {row.key: uuid.UUID(row.key) for _, row in effects.mattering(fresh, order.rules)}
    known = subjects.lock_by_keys(connection, controller_id, keys.values(), kind="email")
    gone = _not_kept(connection, controller_id, fresh)
    happened: list[Happened] = []
    if stored := _kept(connection, order, fresh, gone):
        storing.store(connection, controller_id, stored)
        storing.keep_raw(connection, order, stored)
        marked = bursts.mark(connection, controller_id, stored)
        happened = _happened(order, stored, keys, {event.id for event in marked})
        _note_engagement(connection, order, happened, marked)
        effects.tell(connection, order, happened, known)
    happened += [
        Happened(uuid.uuid4(), row, keys[row.key], row.machine, uuid.uuid4())
        for _, row in effects.mattering(fresh, order.rules)
        if row.key in gone
    ]
    effects.block(connection, order, happened)
    effects.leave(connection, order, happened)


def _not_kept(connection: Connection, controller_id: uuid.UUID, fresh: Written) -> set[str]:
    """Return whose events are not stored, though they block and end: the erased, the restricted."""
    erased = storing.erased(connection, controller_id, fresh)
    return erased | storing.restricted(connection, controller_id, fresh)


def _kept(
    connection: Connection, order: Order, fresh: Written, gone: Collection[str]
) -> Written | None:
    keys = {row.key for row in fresh.rows if row.type in _WATCHING}
    unwatched = storing.unwatched(connection, order.controller_id, order.policy, keys)
    if not gone and not unwatched:
        return fresh
    kept = [
        row
        for row in fresh.rows
        if row.key not in gone and not (row.type in _WATCHING and row.key in unwatched)
    ]
    return storing.but(fresh, kept)


def _happened(
    order: Order,
    stored: Written,
    keys: Mapping[str, uuid.UUID],
    machines: Collection[uuid.UUID],
) -> list[Happened]:
    """Return what may have effects."""
    happened = []
    for one, row in effects.mattering(stored, order.rules):
        event_id = uuid.UUID(one)
        is_machine = row.machine or event_id in machines
        happened.append(Happened(event_id, row, keys[row.key], is_machine, uuid.uuid4()))
    return happened


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
            moments[one.address_key] = max(at, moments.get(one.address_key, at))
    last.engaged(connection, order.controller_id, moments)
    mistaken = {event.address_key for event in marked}
    if mistaken:
        facts = {"controller_id": order.controller_id, "keys": list(mistaken)}
        rows = connection.execute(repository.ENGAGED, facts).fetchall()
        last.restate_engaged(connection, order.controller_id, dict(rows))
