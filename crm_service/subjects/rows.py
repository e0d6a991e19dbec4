"""What rooms hold of a person, read and deleted in the way that all of them do it (rule 34)."""

import uuid
from typing import Any

from psycopg.rows import dict_row

from crm_service.db import Connection

#: Whose a row is, in SQL with the parameters that ``read`` and ``touch`` give. A subject that was
#: adopted left rows under its old id: the address finds them. Before the addresses go.
OF_PERSON = """
controller_id = %(controller_id)s AND (subject_id = %(subject_id)s OR address_key IN (
    SELECT address_key FROM addresses
    WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s))
"""


def read(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *queries: str,
    **facts: Any,
) -> list[dict[str, Any]]:
    """Return what the queries find of a person, one after the other."""
    named = {"controller_id": controller_id, "subject_id": subject_id, **facts}
    with connection.cursor(row_factory=dict_row) as cursor:
        return [row for query in queries for row in cursor.execute(query, named).fetchall()]


def touch(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *statements: str,
    **facts: Any,
) -> int:
    """Delete or empty what is held of a person; return how many rows that were."""
    named = {"controller_id": controller_id, "subject_id": subject_id, **facts}
    return sum(connection.execute(statement, named).rowcount for statement in statements)
