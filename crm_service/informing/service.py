"""Who is to be told of data that did not come from them, and by when (GDPR Art. 14, clause se-02).

The latest time is the first communication with the person, the first disclosure to a recipient, or
a month after the data were obtained, whichever comes first (Art. 14(3)). Data that the person gave,
or that were observed of what the person did, are told of when they are taken (Art. 13).
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import knowing, reading, windows
from crm_service.db import Connection, driver_connection
from crm_service.errors import Conflict, Invalid, NotFound
from crm_service.informing import repository
from crm_service.informing.repository import Duty
from crm_service.policies import service as policies

#: How a person can be told.
WAYS = ("email", "letter", "call", "in_person", "page", "other")

#: GDPR Art. 14(5)(a) to (d): when nobody need be told.
EXEMPTIONS = (
    "has_information",
    "impossible_or_disproportionate",
    "laid_down_by_law",
    "professional_secrecy",
)

#: As much ahead as rights requests are called due soon.
SOON = timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """That somebody was told, or need not be: one of ``how`` and ``exemption``."""

    at: datetime
    how: str | None = None
    exemption: str | None = None
    reasons: str | None = None
    reference: str | None = None


def listing(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    overdue: bool | None,
    due_soon: bool,
    after: uuid.UUID | None,
    limit: int,
    actor: str,
) -> tuple[Sequence[Duty], uuid.UUID | None]:
    """Return who is to be told, by the contacts' ids, and one beyond ``limit`` if there are more.

    ``overdue``: True only those whose time has come, False only the others. Returned with them is
    the contact at which looking stopped, where that was before as many were found.
    """
    now = utcnow()
    choice = {"overdue": overdue, "due_soon": due_soon, "now": now, "soon": now + SOON}
    facts = {**_of_controller(connection, controller_id), **choice}
    found, stopped_at = windows.gather(
        connection,
        controller_id,
        lambda window: repository.page(connection, {**facts, **window}),
        after=after,
        wanted=limit + 1,
    )
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="informing.list",
        fields=["sources"],
        count=len(found[:limit]),
        details={"overdue": overdue, "due_soon": due_soon},
    )
    return found, stopped_at


def count(connection: Connection, controller_id: uuid.UUID, now: datetime) -> tuple[int, int]:
    """Return how many people are to be told, and how many of them should have been by ``now``."""
    facts = {**_of_controller(connection, controller_id), "now": now}
    counted = [
        repository.count(connection, {**facts, **window})
        for window in windows.every(connection, controller_id)
    ]
    return sum(owed for owed, _ in counted), sum(overdue for _, overdue in counted)


def settle(
    session: Session,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    done: Settlement,
    *,
    actor: str,
) -> dict[str, Any]:
    """Note that a contact was told, or need not be; return what stands now.

    Raises ``NotFound``, and ``Conflict`` (``nothing_owed``) where nothing was to be told at that
    time. Data of another source that come later are a duty anew.
    """
    if reading.hold_known(session, controller_id, contact_id) is None:
        raise NotFound("no such contact")
    connection = driver_connection(session)
    if not _settle(connection, controller_id, done, actor, ids=[contact_id], source=None):
        raise Conflict("there was nothing to tell this person of then", code="nothing_owed")
    _audit(connection, controller_id, done, actor, 1, subject_id=contact_id)
    [standing] = repository.of(connection, controller_id, contact_id)
    return standing


def settle_all(
    connection: Connection,
    controller_id: uuid.UUID,
    done: Settlement,
    *,
    contact_ids: Sequence[uuid.UUID] | None,
    source: str | None,
    actor: str,
) -> int:
    """Note it of many: those named to whom something is owed, or all whose data came from there.

    Returns of how many. Raises ``Invalid`` (``contacts_missing``) unless exactly one of the two is
    given, ``NotFound`` (``unknown_contact``) if one of those named is not this controller's.
    """
    if (contact_ids is None) == (source is None):
        raise Invalid(
            "say who was told: either contact_ids or a source_kind",
            code="contacts_missing",
            errors={"contact_ids": ["give these or source_kind"]},
        )
    ids = None
    if contact_ids is not None:
        ids = knowing.require(connection, controller_id, contact_ids)
    told = _settle(connection, controller_id, done, actor, ids=ids, source=source)
    _audit(connection, controller_id, done, actor, told, source=source)
    return told


def _settle(
    connection: Connection,
    controller_id: uuid.UUID,
    done: Settlement,
    actor: str,
    *,
    ids: Sequence[uuid.UUID] | None,
    source: str | None,
) -> int:
    scope = _of_controller(connection, controller_id)
    facts = {**scope, **vars(done), "ids": ids, "source": source, "actor": actor}
    return repository.settle(connection, facts)


def _of_controller(connection: Connection, controller_id: uuid.UUID) -> Mapping[str, Any]:
    timezone = policies.active(connection, controller_id).timezone
    return {"controller_id": controller_id, "timezone": timezone}


def _audit(
    connection: Connection,
    controller_id: uuid.UUID,
    done: Settlement,
    actor: str,
    count: int,
    **about: Any,
) -> None:
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="informing.settle",
        subject_id=about.get("subject_id"),
        count=count,
        details={"how": done.how, "exemption": done.exemption, "source": about.get("source")},
    )
