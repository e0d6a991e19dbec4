"""Personal data held by this room: what people prefer."""

import uuid
from typing import Any

from psycopg.rows import dict_row

from crm_service.db import Connection

TABLES = frozenset({"preferences"})

_OF_PERSON = """
controller_id = %(controller_id)s AND (subject_id = %(subject_id)s OR address_key IN (
    SELECT address_key FROM addresses
    WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s))
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return what the person prefers, by address key."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT address_key, frequency, language, changed_at FROM preferences"  # noqa: S608 - constant text
            f" WHERE {_OF_PERSON}",
            facts,
        ).fetchall()


def erase(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> int:
    """Delete it. Before the addresses go."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    return connection.execute(
        f"DELETE FROM preferences WHERE {_OF_PERSON}",  # noqa: S608 - constant text
        facts,
    ).rowcount
