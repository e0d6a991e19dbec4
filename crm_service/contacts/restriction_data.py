"""Restrictions of a person, and what was done all the same (rule 34; GDPR Art. 18)."""

import uuid
from typing import Any

from psycopg.rows import dict_row

from crm_service.db import Connection

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
_ERASE = (
    "DELETE FROM restrictions WHERE controller_id = %s AND subject_id = %s",
    "DELETE FROM exceptional_processing WHERE controller_id = %s AND subject_id = %s",
)


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return when the processing was restricted, and every exception with its ground."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_EXPORT, facts).fetchall()


def erase(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> int:
    """Delete all of it: without the person there is nothing to restrict."""
    return sum(connection.execute(query, (controller_id, subject_id)).rowcount for query in _ERASE)
