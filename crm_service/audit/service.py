"""Recording accesses to personal data in the transaction that makes them (rule 38)."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from crm_service.audit import repository
from crm_service.audit.digest import AuditRow
from crm_service.db import Connection

_RECORD = """
INSERT INTO audit_entries
    (controller_id, id, actor, action, purpose, subject_id, fields, count, details)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)
"""


def record(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    actor: str,
    action: str,
    subject_id: uuid.UUID | None = None,
    purpose: str | None = None,
    fields: Sequence[str] = (),
    count: int = 1,
    details: Mapping[str, Any] | None = None,
    entry_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Write one audit entry and return its id.

    ``actor`` is ``key:<id>``, ``recipient``, ``operator:<command>`` or ``worker``; ``action`` is
    ``<room>.<verb>``, e.g. ``contacts.read``. A bulk call is one entry with its ``count`` of people
    and its query in ``details``. Nothing passed here may be personal data: ids, names of fields,
    codes and digests only.
    """
    entry_id = entry_id or uuid.uuid4()
    values = (
        controller_id,
        entry_id,
        actor,
        action,
        purpose,
        subject_id,
        list(fields),
        count,
        orjson.dumps(dict(details or {})).decode(),
    )
    connection.execute(_RECORD, values)
    return entry_id


def find(connection: Connection, controller_id: uuid.UUID, entry_id: uuid.UUID) -> AuditRow | None:
    """Return one entry, for the room that wrote it, or None."""
    return repository.find(connection, controller_id, entry_id)


def listing(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    actor: str,
    subject_id: uuid.UUID | None = None,
    action: str | None = None,
    after: tuple[str, int] | None = None,
    limit: int = 100,
) -> list[AuditRow]:
    """Return up to ``limit`` entries older than ``after`` (xid, position), the newest first.

    Who reads the log is in the log as well.
    """
    found = repository.newest(
        connection, controller_id, subject_id=subject_id, action=action, after=after, limit=limit
    )
    record(
        connection,
        controller_id,
        actor=actor,
        action="audit.list",
        subject_id=subject_id,
        count=len(found),
        details={"action": action} if action else {},
    )
    return found


def of_subject(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> Iterator[dict[str, Any]]:
    """Yield when a person's data were looked at or changed, and what for, the oldest first.

    For the person (GDPR Art. 15, CJEU C-579/21): not who among the controller's people it was. Who
    hands it out notes that.
    """
    return repository.of_subject(connection, controller_id, subject_id)
