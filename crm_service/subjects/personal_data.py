"""Personal data held by this room: pseudonymous address keys and whose they are."""

import uuid
from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row

from crm_service import arrays
from crm_service.db import Connection

TABLES = frozenset({"addresses"})

_EXPORT = """
SELECT address_key, kind, is_current, restricted, created_at FROM addresses
WHERE controller_id = %s AND subject_id = %s ORDER BY kind, created_at, address_key
"""

#: What stays serves to compare alone (rule 5): kinds of address on which a suppression stands.
_ERASE = """
DELETE FROM addresses a WHERE a.controller_id = %(controller_id)s
  AND a.subject_id = ANY (%(subject_ids)s::uuid[])
  AND NOT EXISTS (
      SELECT FROM suppressions s WHERE s.controller_id = a.controller_id
      AND s.subject_id = a.subject_id AND s.kind = a.kind AND s.lifted_at IS NULL
      AND (s.ends_at IS NULL OR s.ends_at > now()))
"""

_UNRESTRICT = """
UPDATE addresses SET restricted = false
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])
    AND restricted
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return the address keys of the subject."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_EXPORT, (controller_id, subject_id)).fetchall()


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Remove the address keys that no suppression needs; return how many.

    After ``contacts``, which notes that nobody bears them any more.
    """
    facts = {"controller_id": controller_id, "subject_ids": arrays.of_ids(subject_ids)}
    connection.execute(_UNRESTRICT, facts)
    return connection.execute(_ERASE, facts).rowcount
