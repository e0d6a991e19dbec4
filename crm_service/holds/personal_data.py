"""Personal data held by this room: why a person's data must not be deleted."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.subjects import rows

TABLES = frozenset({"holds"})

_EXPORT = """
SELECT kind, reference, law, hand_over_to, categories, reasons, set_by, set_at, outcome, final_on,
    held_until, resolved_by, resolved_at, lifted_by, lifted_at, lift_reasons
FROM holds WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
ORDER BY set_at, id
"""

_ERASE = """
DELETE FROM holds
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every hold of the person, the oldest first: GDPR Art. 15 covers them too."""
    return rows.read(connection, controller_id, subject_id, _EXPORT)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete all of them; return how many. Who erases makes sure before that none stands."""
    return rows.touch(connection, controller_id, subject_ids, _ERASE)
