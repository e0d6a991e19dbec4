"""Personal data held by this room: which contracts people have had."""

import uuid
from typing import Any

from psycopg.rows import dict_row

from crm_service.db import Connection

TABLES = frozenset({"contracts"})

_EXPORT = """
SELECT reference, category, purpose, signed_on, ended_on, note, recorded_by, recorded_at, updated_at
FROM contracts WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
ORDER BY signed_on, id
"""

_ERASE = """
DELETE FROM contracts WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every contract of the person, the oldest first."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_EXPORT, facts).fetchall()


def erase(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> int:
    """Delete all of them; return how many."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    return connection.execute(_ERASE, facts).rowcount
