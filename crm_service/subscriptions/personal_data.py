"""Personal data held by this room: sign-ups, for the moment until they are handed on."""

import uuid
from typing import Any

from psycopg.rows import dict_row

from crm_service.db import Connection

TABLES = frozenset({"subscription_requests"})

_OF_PERSON = """
controller_id = %(controller_id)s AND address_key IN (
    SELECT address_key FROM addresses
    WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s)
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return the sign-ups that wait."""
    query = f"""
    SELECT email, language, topics, evidence, requested_at
    FROM subscription_requests WHERE {_OF_PERSON} ORDER BY requested_at
    """  # noqa: S608 - constant text
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, facts).fetchall()


def erase(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> int:
    """Delete them. Before the addresses go."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    query = f"DELETE FROM subscription_requests WHERE {_OF_PERSON}"  # noqa: S608 - constant text
    return connection.execute(query, facts).rowcount
