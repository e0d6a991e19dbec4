"""Erasing many people at once: what each room holds of them is found for all, and goes for all.

Everything that ``service.erase_subject`` does, in a number of statements that grows with what is
held and not with how many people there are.
"""

import uuid
from collections.abc import Collection, Sequence

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import bearing, knowing
from crm_service.db import Connection
from crm_service.notices import service as notices
from crm_service.outbox import service as outbox
from crm_service.outbox.events import ContactErased
from crm_service.permissions import refusals as refused
from crm_service.recipients import personal_data as recipients
from crm_service.rights import refusals
from crm_service.rights.sources import SOURCES, PersonalDataSource
from crm_service.subjects import service as subjects

#: How a table may tie its rows to a person.
_TYING = ("subject_id", "address_key")

#: Asked once a process: a release does not change its tables.
_tied: dict[str, list[str]] = {}

_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped AND attname = ANY (%s)
"""
_HELD = {
    "subject_id": """
SELECT DISTINCT subject_id FROM {table}
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])""",
    "address_key": """
SELECT DISTINCT a.subject_id FROM addresses a
JOIN {table} t ON t.controller_id = a.controller_id AND t.address_key = a.address_key
WHERE a.controller_id = %(controller_id)s AND a.subject_id = ANY (%(subject_ids)s::uuid[])""",
}


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
    knowing.take(connection, controller_id, subject_ids)
    keys = subjects.keys_of(connection, controller_id, subject_ids)
    # Before anything is done: erasing forgets who got the data (GDPR Art. 19).
    for subject_id in _held(connection, controller_id, subject_ids, recipients.TABLES):
        notices.owe(connection, controller_id, subject_id, cause="erasure")
    for subject_id in refused.refusing(connection, controller_id, subject_ids):
        refusals.keep(connection, controller_id, subject_id)
    for source in SOURCES:
        _erase(connection, controller_id, subject_ids, source)
    bearing.reclaim(connection, controller_id, keys)
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


def _erase(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_ids: Sequence[uuid.UUID],
    source: PersonalDataSource,
) -> None:
    erase_all = getattr(source, "erase_all", None)
    if erase_all is not None:
        erase_all(connection, controller_id, subject_ids)
        return
    for subject_id in _held(connection, controller_id, subject_ids, source.TABLES):
        source.erase(connection, controller_id, subject_id)


def _held(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_ids: Sequence[uuid.UUID],
    tables: Collection[str],
) -> Collection[uuid.UUID]:
    """Return of which people the tables hold anything; of all where a table does not tell."""
    facts = {"controller_id": controller_id, "subject_ids": list(subject_ids)}
    found: set[uuid.UUID] = set()
    for table in sorted(tables):
        tying = _tying(connection, table)
        if not tying:
            return subject_ids
        for column in tying:
            query = _HELD[column].format(table=table)
            found.update(row[0] for row in connection.execute(query, facts))
    return found


def _tying(connection: Connection, table: str) -> list[str]:
    if table not in _tied:
        rows = connection.execute(_COLUMNS, (table, list(_TYING))).fetchall()
        _tied[table] = sorted(row[0] for row in rows)
    return _tied[table]
