"""Personal data held by this room: sign-ups, for the moment until they are handed on."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.subjects import rows

TABLES = frozenset({"subscription_requests"})

_OF_PEOPLE = """
controller_id = %(controller_id)s AND address_key = ANY (ARRAY(
    SELECT address_key FROM addresses
    WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])))
"""

_EXPORT = f"""
SELECT email, language, topics, evidence, requested_at
FROM subscription_requests WHERE {_OF_PEOPLE} ORDER BY requested_at
"""  # noqa: S608 - constant text

_ERASE = f"DELETE FROM subscription_requests WHERE {_OF_PEOPLE}"  # noqa: S608 - constant text


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return the sign-ups that wait."""
    return rows.read(connection, controller_id, subject_id, _EXPORT)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete them. Before the addresses go."""
    return rows.touch(connection, controller_id, subject_ids, _ERASE)
