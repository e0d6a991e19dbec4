"""Taking in what became of messages (rules 28 to 30)."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.engagement import repository
from crm_service.engagement.accepting import Acceptor, Refused, Row
from crm_service.engagement.incoming import Incoming
from crm_service.suppression.bulk import ids_in_order

__all__ = ["Ingested", "Rejection", "ingest"]


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
    anything.
    Raises psycopg's errors; the transaction must roll back then, and all of it may be sent again.
    """
    rows, rejected = _accept(connection, controller_id, events, pepper)
    fresh = _unseen(connection, controller_id, rows)
    if fresh:
        _store(connection, controller_id, fresh)
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="engagement.ingest",
        fields=["email"],
        count=len({row.address_key for row in fresh}),
        details={"accepted": len(fresh), "duplicates": len(rows) - len(fresh)},
    )
    return Ingested(len(fresh), len(rows) - len(fresh), rejected)


def _accept(
    connection: Connection, controller_id: uuid.UUID, events: Sequence[Incoming], pepper: bytes
) -> tuple[list[Row], list[Rejection]]:
    named = {event.contact_id for event in events if event.contact_id is not None}
    facts = {"controller_id": controller_id, "contact_ids": list(named)}
    found = connection.execute(repository.KEYS_OF_CONTACTS, facts).fetchall() if named else []
    acceptor = Acceptor(pepper, utcnow(), dict(found))
    rows, rejected = [], []
    for index, event in enumerate(events):
        try:
            rows.append(acceptor.accept(event))
        except Refused as refusal:
            rejected.append(Rejection(index, refusal.code, str(refusal)))
    return rows, rejected


def _unseen(connection: Connection, controller_id: uuid.UUID, rows: Iterable[Row]) -> list[Row]:
    """Return the rows never seen before, each once, and remember them."""
    by_digest = {row.digest: row for row in rows}
    if not by_digest:
        return []
    digests = f"{{{','.join([digest.hex for digest in by_digest])}}}"
    facts = {"controller_id": controller_id, "digests": digests}
    return [by_digest[digest] for (digest,) in connection.execute(repository.CLAIM, facts)]


def _store(connection: Connection, controller_id: uuid.UUID, rows: Sequence[Row]) -> None:
    ids = ids_in_order(len(rows))
    told = [{"id": event_id, **row._asdict()} for event_id, row in zip(ids, rows, strict=True)]
    facts = {"controller_id": controller_id, "rows": orjson.dumps(told).decode()}
    connection.execute(repository.STORE, facts)
