"""Reading the audit log, newest first, in the order that seals use backwards."""

import uuid
from collections.abc import Iterator
from typing import Any

from psycopg.rows import dict_row

from crm_service.audit.digest import COLUMNS, AuditRow
from crm_service.db import Connection

_NEWEST = f"""
SELECT {COLUMNS} FROM audit_entries
WHERE controller_id = %(controller_id)s
  AND (%(subject_id)s::uuid IS NULL OR subject_id = %(subject_id)s::uuid)
  AND (%(action)s::text IS NULL OR action = %(action)s::text)
  AND (%(xid)s::text IS NULL
       OR (xid, position) < (%(xid)s::text::xid8, %(position)s::bigint))
ORDER BY audit_entries.xid DESC, position DESC
LIMIT %(limit)s
"""  # noqa: S608 - constant text

_ONE = f"SELECT {COLUMNS} FROM audit_entries WHERE controller_id = %s AND id = %s"  # noqa: S608


def find(connection: Connection, controller_id: uuid.UUID, entry_id: uuid.UUID) -> AuditRow | None:
    """Return the entry, or None."""
    row = connection.execute(_ONE, (controller_id, entry_id)).fetchone()
    return AuditRow(*row) if row else None


def newest(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    subject_id: uuid.UUID | None,
    action: str | None,
    after: tuple[str, int] | None,
    limit: int,
) -> list[AuditRow]:
    """Return entries older than the position ``after`` (xid, position), the newest first."""
    xid, position = after or (None, None)
    rows = connection.execute(
        _NEWEST,
        {
            "controller_id": controller_id,
            "subject_id": subject_id,
            "action": action,
            "xid": xid,
            "position": position,
            "limit": limit,
        },
    ).fetchall()
    return [AuditRow(*row) for row in rows]


#: Whom a key belongs to is the controller's own affair; that it was a key is told.
_OF_SUBJECT = """
SELECT recorded_at AS at, action, purpose, fields, split_part(actor, ':', 1) AS by
FROM audit_entries WHERE controller_id = %s AND subject_id = %s
ORDER BY audit_entries.xid, position
"""


def of_subject(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> Iterator[dict[str, Any]]:
    """Yield what was done with the data of one person, the oldest first."""
    with connection.cursor("audit_of_person", row_factory=dict_row) as cursor:
        yield from cursor.execute(_OF_SUBJECT, (controller_id, subject_id))
