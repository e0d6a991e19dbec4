"""Restricting what is done with a contact's data (GDPR Art. 18): stored, and that is all."""

import uuid

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts.models import Contact
from crm_service.db import driver_connection
from crm_service.outbox import service as outbox
from crm_service.outbox.rights_events import ContactRestricted
from crm_service.subjects import service as subjects


def restrict(
    session: Session, contact: Contact, *, actor: str, source: str, correlation: uuid.UUID
) -> bool:
    """Restrict a contact that the caller holds; False where it is restricted already.

    Every address of the person is ineligible from the commit on (rule 33).
    """
    connection = driver_connection(session)
    if contact.restricted_at is not None:
        return False
    contact.restricted_at = utcnow()
    contact.version += 1
    contact.updated_at = contact.restricted_at
    session.flush()
    subjects.set_restricted(connection, contact.controller_id, contact.id, restricted=True)
    event = ContactRestricted(
        subject_id=contact.id,
        occurred_at=contact.restricted_at,
        correlation=correlation,
        source=source,
    )
    outbox.record(connection, contact.controller_id, [event])
    audit.record(
        connection,
        contact.controller_id,
        actor=actor,
        action="contacts.restrict",
        subject_id=contact.id,
        fields=("restricted_at",),
        details={"source": source},
    )
    return True


def follow(session: Session, contact: Contact) -> None:
    """Let the addresses that a restricted contact bears from now on be restricted too."""
    if contact.restricted_at is not None:
        connection = driver_connection(session)
        subjects.set_restricted(connection, contact.controller_id, contact.id, restricted=True)
