"""Erasing people across every room, one or many at once.

What each room holds is deleted for all of them by the same statements: how many there are depends
on the rooms and not on the people.
"""

import uuid
from collections.abc import Sequence

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import bearing, knowing
from crm_service.db import Connection
from crm_service.notices import service as notices
from crm_service.outbox import service as outbox
from crm_service.outbox.events import ContactErased
from crm_service.rights import refusals
from crm_service.rights.sources import SOURCES
from crm_service.subjects import service as subjects


def erase_subjects(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_ids: Sequence[uuid.UUID],
    *,
    ground: str,
    actor: str,
) -> None:
    """Erase contacts, each as ``service.erase_subject`` does; one audit entry tells of all.

    The caller holds the locks of all of them, and knows that each is a contact.
    """
    erase_everywhere(connection, controller_id, subject_ids)
    now = utcnow()
    erased = [ContactErased(subject_id=one, occurred_at=now, ground=ground) for one in subject_ids]
    outbox.record(connection, controller_id, erased)
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="contacts.erase",
        purpose=ground,
        count=len(subject_ids),
    )


def erase_everywhere(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_ids: Sequence[uuid.UUID],
    *,
    request_id: uuid.UUID | None = None,
    with_processors: bool = False,
) -> dict[str, int]:
    """Remove what every room holds, but for what must stay; return the rows touched by tables.

    ``request_id`` and ``with_processors``: who is owed word of it, and by which request. The caller
    holds the locks of the subjects, and tells of it.
    """
    knowing.take(connection, controller_id, subject_ids)
    keys = subjects.keys_of(connection, controller_id, subject_ids)
    # Before anything is done: erasing forgets who got the data (GDPR Art. 19).
    notices.owe(
        connection,
        controller_id,
        subject_ids,
        cause="erasure",
        request_id=request_id,
        with_processors=with_processors,
    )
    refusals.keep(connection, controller_id, subject_ids)
    touched = {
        ",".join(sorted(source.TABLES)): source.erase(connection, controller_id, subject_ids)
        for source in SOURCES
    }
    bearing.reclaim(connection, controller_id, keys)
    return touched
