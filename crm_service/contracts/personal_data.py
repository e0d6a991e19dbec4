"""Personal data held by this room: which contracts people have had."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.subjects import rows

TABLES = frozenset({"contracts"})

_EXPORT = """
SELECT reference, category, purpose, signed_on, ended_on, note, recorded_by, recorded_at, updated_at
FROM contracts WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
ORDER BY signed_on, id
"""

_ERASE = """
DELETE FROM contracts
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every contract of the person, the oldest first."""
    return rows.read(connection, controller_id, subject_id, _EXPORT)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete all of them; return how many."""
    return rows.touch(connection, controller_id, subject_ids, _ERASE)
