"""Restricting what is done with a contact's data (GDPR Art. 18): stored, and that is all."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import spelled, utcnow
from crm_service.contacts.models import Contact
from crm_service.db import Connection, driver_connection
from crm_service.errors import Conflict, Invalid, NotFound
from crm_service.outbox import service as outbox
from crm_service.outbox.events import Event
from crm_service.outbox.rights_events import ContactRestricted, ContactRestrictionLifted
from crm_service.subjects import service as subjects

_SET = """
UPDATE contacts SET restricted_at = %(at)s, version = version + 1, updated_at = %(now)s
WHERE controller_id = %(controller_id)s AND id = %(subject_id)s
    AND (restricted_at IS NULL) = (%(at)s::timestamptz IS NOT NULL)
RETURNING id
"""
_BEGIN = """
INSERT INTO restrictions (controller_id, id, subject_id, restricted_at, source)
VALUES (%(controller_id)s, gen_random_uuid(), %(subject_id)s, %(at)s, %(source)s)
"""
_END = """
UPDATE restrictions SET lifted_at = %(now)s, lifted_by = %(actor)s,
    justification = %(justification)s, informed_at = %(informed_at)s
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s AND lifted_at IS NULL
"""
_HISTORY = """
SELECT restricted_at, source, lifted_at, lifted_by, justification, informed_at
FROM restrictions WHERE controller_id = %s AND subject_id = %s ORDER BY restricted_at
"""
_SINCE = "SELECT restricted_at FROM contacts WHERE controller_id = %s AND id = %s"


@dataclass(frozen=True)
class Restriction:
    """One time during which a person's data were only stored, and why that ended."""

    restricted_at: datetime
    source: str
    lifted_at: datetime | None
    lifted_by: str | None
    justification: str | None
    informed_at: datetime | None


def restrict(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *,
    actor: str,
    source: str,
    correlation: uuid.UUID,
) -> bool:
    """Restrict a contact whose subject the caller holds; False where it is restricted, or unknown.

    Every address of the person is ineligible from the commit on (rule 33).
    """
    now = utcnow()
    facts = {"controller_id": controller_id, "subject_id": subject_id, "now": now, "at": now}
    if connection.execute(_SET, facts).fetchone() is None:
        return False
    connection.execute(_BEGIN, {**facts, "source": source})
    subjects.set_restricted(connection, controller_id, subject_id, restricted=True)
    event = ContactRestricted(
        subject_id=subject_id, occurred_at=now, correlation=correlation, source=source
    )
    _note(connection, controller_id, event, "contacts.restrict", actor, source)
    return True


def lift(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *,
    justification: str,
    informed_at: datetime | None,
    actor: str,
    source: str,
) -> None:
    """Let the data be processed again. The caller holds the subject's lock.

    The person is told before (GDPR Art. 18(3)): ``informed_at`` lies within the restriction; None
    where a restore does again what was done. Raises ``NotFound``, ``Conflict``
    (``not_restricted``), ``Invalid`` (``informed_before_restriction``).
    """
    since = _since(connection, controller_id, subject_id)
    if informed_at is not None and informed_at < since:
        raise Invalid(
            "the person is to be told that this restriction will be lifted (GDPR Art. 18(3)); "
            "informed_at lies before it began",
            code="informed_before_restriction",
            errors={"informed_at": [f"must not lie before {spelled(since)}"]},
        )
    now = utcnow()
    facts: dict[str, Any] = {"controller_id": controller_id, "subject_id": subject_id, "now": now}
    connection.execute(_SET, {**facts, "at": None})
    told = {"actor": actor, "justification": justification, "informed_at": informed_at}
    connection.execute(_END, {**facts, **told})
    subjects.set_restricted(connection, controller_id, subject_id, restricted=False)
    event = ContactRestrictionLifted(subject_id=subject_id, occurred_at=now, source=source)
    _note(connection, controller_id, event, "contacts.lift_restriction", actor, source)


def _since(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> datetime:
    row = connection.execute(_SINCE, (controller_id, subject_id)).fetchone()
    if row is None:
        raise NotFound("no such contact")
    if row[0] is None:
        raise Conflict("the processing is not restricted", code="not_restricted")
    since: datetime = row[0]
    return since


def is_restricted(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> bool:
    """Tell whether there is such a contact, and it is restricted."""
    row = connection.execute(_SINCE, (controller_id, subject_id)).fetchone()
    return row is not None and row[0] is not None


def history(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[Restriction]:
    """Return every restriction of a person, the first one first."""
    with connection.cursor(row_factory=class_row(Restriction)) as cursor:
        return cursor.execute(_HISTORY, (controller_id, subject_id)).fetchall()


def follow(session: Session, contact: Contact) -> None:
    """Let the addresses that a restricted contact bears from now on be restricted too."""
    if contact.restricted_at is not None:
        connection = driver_connection(session)
        subjects.set_restricted(connection, contact.controller_id, contact.id, restricted=True)


def _note(
    connection: Connection,
    controller_id: uuid.UUID,
    event: Event,
    action: str,
    actor: str,
    source: str,
) -> None:
    outbox.record(connection, controller_id, [event])
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action=action,
        subject_id=event.subject_id,
        fields=("restricted_at",),
        details={"source": source},
    )
