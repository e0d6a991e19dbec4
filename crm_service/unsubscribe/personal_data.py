"""Personal data held by this room: what people answered when asked why they left."""

import uuid
from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row

from crm_service import arrays
from crm_service.db import Connection

TABLES = frozenset({"leaving_answers"})

_EXPORT = """
SELECT a.given_at, t.slug AS topic, a.reason, a.comment
FROM leaving_answers a LEFT JOIN topics t ON t.id = a.topic_id
WHERE a.controller_id = %s AND a.subject_id = %s ORDER BY a.given_at
"""

_ERASE = """
DELETE FROM leaving_answers WHERE controller_id = %s AND subject_id = ANY (%s::uuid[])
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return the person's answers."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_EXPORT, (controller_id, subject_id)).fetchall()


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete these people's answers; return how many. The counts stay: they name nobody."""
    return connection.execute(_ERASE, (controller_id, arrays.of_ids(subject_ids))).rowcount
