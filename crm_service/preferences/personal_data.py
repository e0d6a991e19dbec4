"""Personal data held by this room: what people prefer."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.subjects import rows

TABLES = frozenset({"preferences"})

_EXPORT = f"""
SELECT address_key, frequency, language, changed_at FROM preferences WHERE {rows.OF_PEOPLE}
"""  # noqa: S608 - constant text

_ERASE = f"DELETE FROM preferences WHERE {rows.OF_PEOPLE}"  # noqa: S608 - constant text


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return what the person prefers, by address key."""
    return rows.read(connection, controller_id, subject_id, _EXPORT)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete it. Before the addresses go."""
    return rows.touch(connection, controller_id, subject_ids, _ERASE)
