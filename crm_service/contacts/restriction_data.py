"""Restrictions of a person, and what was done all the same (rule 34; GDPR Art. 18)."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.subjects import rows

TABLES = frozenset({"exceptional_processing", "restrictions"})

_EXPORT = """
SELECT 'restriction' AS kind, restricted_at AS at, source AS reason, lifted_at, justification,
    informed_at, NULL::text AS basis, NULL::text AS reference, NULL::text[] AS fields
FROM restrictions WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
UNION ALL
SELECT 'exception', occurred_at, barred_by, NULL, NULL, NULL, basis, reference, fields
FROM exceptional_processing
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
ORDER BY at
"""
_ERASE = tuple(
    f"DELETE FROM {table} WHERE controller_id = %(controller_id)s"  # noqa: S608 - our names
    " AND subject_id = ANY (%(subject_ids)s::uuid[])"
    for table in ("restrictions", "exceptional_processing")
)


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return when the processing was restricted, and every exception with its ground."""
    return rows.read(connection, controller_id, subject_id, _EXPORT)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete all of it: without the person there is nothing to restrict."""
    return rows.touch(connection, controller_id, subject_ids, *_ERASE)
