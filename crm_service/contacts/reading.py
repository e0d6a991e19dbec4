"""Reading contacts, each time with a note of who read which fields (rule 38)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.contacts import facts, repository
from crm_service.contacts.models import Contact
from crm_service.db import driver_connection
from crm_service.errors import NotFound
from crm_service.subjects import service as subjects

__all__ = ["Contact", "hold_bearer", "hold_known", "listing", "lookup", "read"]


def read(session: Session, controller_id: uuid.UUID, contact_id: uuid.UUID, actor: str) -> Contact:
    """Return the contact. Raises ``NotFound``."""
    contact = repository.get(session, controller_id, contact_id)
    _audit(session, contact, "contacts.read", actor)
    return contact


def lookup(
    session: Session, controller_id: uuid.UUID, *, email: str, pepper: bytes, actor: str
) -> Contact:
    """Return the contact behind an address, also a former one. Raises ``NotFound``, ``Invalid``."""
    key = facts.email_key(email, pepper)
    subject_id = subjects.find(driver_connection(session), controller_id, key)
    contact = repository.find(session, controller_id, subject_id) if subject_id else None
    if contact is None:
        raise NotFound("no contact has this address")
    _audit(session, contact, "contacts.lookup", actor)
    return contact


def listing(
    session: Session,
    controller_id: uuid.UUID,
    *,
    filters: Mapping[str, Any],
    after: uuid.UUID | None,
    limit: int,
    actor: str,
) -> Sequence[Contact]:
    """Return contacts in the order of their ids, and one beyond ``limit`` where there are more.

    One audit entry for all of them.
    """
    found = repository.page(session, controller_id, filters=filters, after=after, limit=limit + 1)
    contacts = found[:limit]
    audit.record(
        driver_connection(session),
        controller_id,
        actor=actor,
        action="contacts.list",
        fields=sorted({name for contact in contacts for name in contact.known_fields()}),
        count=len(contacts),
        details={"filters": {name: str(value) for name, value in filters.items()}},
    )
    return found


def hold_known(session: Session, controller_id: uuid.UUID, subject_id: uuid.UUID) -> Contact | None:
    """Return the contact under the lock of its subject, or None where nobody is known.

    For those who act on it and note that themselves.
    """
    subjects.lock(driver_connection(session), [subject_id])
    return repository.find(session, controller_id, subject_id)


def hold_bearer(session: Session, controller_id: uuid.UUID, email_key: uuid.UUID) -> Contact | None:
    """Return the contact that bears an e-mail address now, under the lock of its subject."""
    subject_id = subjects.find(driver_connection(session), controller_id, email_key)
    contact = hold_known(session, controller_id, subject_id) if subject_id else None
    return contact if contact is not None and contact.email_key == email_key else None


def _audit(session: Session, contact: Contact, action: str, actor: str) -> None:
    audit.record(
        driver_connection(session),
        contact.controller_id,
        actor=actor,
        action=action,
        subject_id=contact.id,
        fields=contact.known_fields(),
    )
