"""Personal data held by this room: what people did with the controller, and when last."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.subjects import rows

TABLES = frozenset({"interactions", "cases", "last_interactions"})

_EXPORT = """
SELECT i.kind, i.category, i.purpose, i.direction, i.occurred_at, i.number, i.note,
    i.record_system, i.record_id, c.reference AS case_reference, c.opened_at AS case_opened_at,
    c.closed_at AS case_closed_at, i.recorded_by, i.recorded_at
FROM interactions i FULL JOIN cases c ON c.id = i.case_id
WHERE coalesce(i.controller_id, c.controller_id) = %(controller_id)s
    AND coalesce(i.subject_id, c.subject_id) = %(subject_id)s
ORDER BY i.recorded_at, i.id
"""

_EXPORT_LAST = """
SELECT max(l.engaged_at) AS last_engaged_at, max(l.interacted_at) AS last_interacted_at
FROM addresses a
JOIN last_interactions l ON l.controller_id = a.controller_id AND l.address_key = a.address_key
WHERE a.controller_id = %(controller_id)s AND a.subject_id = %(subject_id)s
HAVING count(*) > 0
"""

#: Children before parents.
_ERASE = tuple(
    f"DELETE FROM {table} WHERE controller_id = %(controller_id)s"  # noqa: S608 - our names
    " AND subject_id = ANY (%(subject_ids)s::uuid[])"
    for table in ("interactions", "cases")
)

_ERASE_LAST = """
DELETE FROM last_interactions l USING addresses a
WHERE a.controller_id = %(controller_id)s AND a.subject_id = ANY (%(subject_ids)s::uuid[])
    AND l.controller_id = a.controller_id AND l.address_key = a.address_key
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every interaction and case of the person, and when there last was one."""
    return rows.read(connection, controller_id, subject_id, _EXPORT, _EXPORT_LAST)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete all of it; return how many rows. Before ``subjects``, which forgets the addresses."""
    return rows.touch(connection, controller_id, subject_ids, *_ERASE, _ERASE_LAST)
