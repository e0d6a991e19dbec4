"""Answering for a person across every room: erasure (GDPR Art. 17)."""

import uuid

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.errors import NotFound
from crm_service.outbox import service as outbox
from crm_service.outbox.events import ContactErased
from crm_service.policies import service as policies
from crm_service.rights import many
from crm_service.rights.sources import CONTACTS
from crm_service.subjects import service as subjects

_CONTACT_TABLES = ",".join(sorted(CONTACTS.TABLES))


def erase_contact(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *,
    ground: str,
    actor: str,
) -> dict[str, int]:
    """Erase a contact everywhere; return the rows touched by the tables that held them.

    What stays (rule 5): suppressions, with key, scope, reason, date and source alone, and the
    address keys they stand on; ledger entries, whose evidence is emptied. What the person refused
    without a suppression becomes one; whether another is to be added, the caller decides. Whoever
    got the data is owed word of it (Art. 19). Raises ``NotFound``, also where it was done before.
    """
    touched = erase_subject(connection, controller_id, subject_id, ground=ground, actor=actor)
    if not touched[_CONTACT_TABLES]:
        raise NotFound("no such contact")
    return touched


def erase_subject(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *,
    ground: str,
    actor: str,
    request_id: uuid.UUID | None = None,
) -> dict[str, int]:
    """Erase everything about a subject, whether or not a contact stands behind it.

    ``request_id``: the person asked for it. Otherwise as ``erase_contact``.
    """
    subjects.lock(connection, [subject_id])
    rules = policies.active(connection, controller_id).rights
    touched = many.erase_everywhere(
        connection,
        controller_id,
        [subject_id],
        request_id=request_id,
        with_processors=request_id is not None and rules.erasure_reaches_processors,
    )
    if touched[_CONTACT_TABLES] or (request_id is not None and any(touched.values())):
        erased = ContactErased(
            subject_id=subject_id, occurred_at=utcnow(), ground=ground, request_id=request_id
        )
        outbox.record(connection, controller_id, [erased])
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="contacts.erase",
        subject_id=subject_id,
        purpose=ground,
        details=touched,
    )
    return touched
