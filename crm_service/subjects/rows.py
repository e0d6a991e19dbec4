"""What rooms hold of a person, read and deleted in the way that all of them do it (rule 34)."""

import uuid
from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row

from crm_service import arrays
from crm_service.db import Connection

#: Whose rows are, in SQL with the parameters that ``read`` and ``touch`` give. A subject that was
#: adopted left rows under its old id: the address finds them. Before the addresses go.
OF_PEOPLE = """
controller_id = %(controller_id)s AND (subject_id = ANY (%(subject_ids)s::uuid[])
    OR address_key = ANY (ARRAY(
        SELECT address_key FROM addresses
        WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[]))))
"""


def read(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *queries: str,
    **facts: Any,
) -> list[dict[str, Any]]:
    """Return what the queries find of a person, one after the other."""
    named = {**_named(controller_id, [subject_id]), "subject_id": subject_id, **facts}
    with connection.cursor(row_factory=dict_row) as cursor:
        return [row for query in queries for row in cursor.execute(query, named).fetchall()]


def touch(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_ids: Sequence[uuid.UUID],
    *statements: str,
    **facts: Any,
) -> int:
    """Delete or empty what is held of people, of all at once; return how many rows that were."""
    named = {**_named(controller_id, subject_ids), **facts}
    return sum(connection.execute(statement, named).rowcount for statement in statements)


def _named(controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]) -> dict[str, Any]:
    return {"controller_id": controller_id, "subject_ids": arrays.of_ids(subject_ids)}
