"""Reading everything that is known about a person, as one timeline (clause ee-03)."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.rows import class_row

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import knowing
from crm_service.db import Connection
from crm_service.history import repository
from crm_service.history.sources import SOURCES, Source
from crm_service.interactions import last


@dataclass(frozen=True)
class Entry:
    """One thing that happened. ``what`` is its word for it: granted, clicked, call, received.

    ``id`` is of what it happened to, which may be told of more than once: in the order of ``step``.
    """

    kind: str
    at: datetime
    id: uuid.UUID
    step: int
    what: str
    details: dict[str, Any]


class Place(NamedTuple):
    """A place in the timeline: no two entries of a person share one."""

    at: datetime
    id: uuid.UUID
    step: int


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries. A campaign leaves only entries of kinds that know campaigns.

    ``machine``: False leaves out what machines did, True everything else.
    """

    kinds: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    campaign: str | None = None
    machine: bool | None = None


def read(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    wanted: Filter,
    *,
    before: Place | None,
    limit: int,
    actor: str,
) -> list[Entry]:
    """Return what happened before a place in the timeline, newest first, and note who read it.

    Raises ``NotFound`` for a contact that this controller does not have.
    """
    facts: dict[str, Any] = {"controller_id": controller_id, "subject_id": contact_id}
    knowing.require_one(connection, controller_id, contact_id)
    facts |= {
        "since": wanted.since,
        "until": wanted.until,
        "campaign": wanted.campaign,
        "machine": wanted.machine,
        "before": before.at if before else None,
        "before_id": before.id if before else None,
        "before_step": before.step if before else None,
        "limit": limit,
    }
    sources = _sources(wanted)
    found = _fetch(connection, repository.timeline(sources), facts) if sources else []
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="history.read",
        subject_id=contact_id,
        fields=[source.kind for source in sources],
        details={"entries": len(found)},
    )
    return found


def _sources(wanted: Filter) -> tuple[Source, ...]:
    only_events = wanted.campaign is not None or wanted.machine is True
    return tuple(
        source
        for source in SOURCES
        if (not wanted.kinds or source.kind in wanted.kinds)
        and (source.has_campaigns or not only_events)
    )


def last_interaction_at(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID
) -> datetime | None:
    """Return when the person last had to do with the controller, as retention counts (ee-09)."""
    return last.of_subjects(connection, controller_id, [contact_id]).get(contact_id)


def _fetch(connection: Connection, query: str, facts: dict[str, Any]) -> list[Entry]:
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(query, {**facts, "now": utcnow()}).fetchall()
