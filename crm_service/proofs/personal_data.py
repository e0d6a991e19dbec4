"""Personal data held by this room: what links were asked for, for which address."""

import uuid
from typing import Any

from psycopg.rows import dict_row

from crm_service.db import Connection

TABLES = frozenset({"address_proofs"})

#: A subject that was adopted left its proofs under its old id: the address finds them.
_OF_PERSON = """
controller_id = %(controller_id)s AND (subject_id = %(subject_id)s OR address_key IN (
    SELECT address_key FROM addresses
    WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s))
"""

_EXPORT = f"""
SELECT address_key, purpose, language, payload, requested_at, expires_at, used_at, mail_state
FROM address_proofs WHERE {_OF_PERSON} ORDER BY requested_at
"""  # noqa: S608 - constant text


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every link asked for in the last weeks."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_EXPORT, facts).fetchall()


def erase(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> int:
    """Delete them all: links that were sent stop working. Before the addresses go."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    return connection.execute(
        f"DELETE FROM address_proofs WHERE {_OF_PERSON}",  # noqa: S608 - constant text
        facts,
    ).rowcount
