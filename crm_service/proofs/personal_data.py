"""Personal data held by this room: what links were asked for, for which address."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.subjects import rows

TABLES = frozenset({"address_proofs"})

_EXPORT = f"""
SELECT address_key, purpose, language, payload, requested_at, expires_at, used_at, mail_state
FROM address_proofs WHERE {rows.OF_PEOPLE} ORDER BY requested_at
"""  # noqa: S608 - constant text

_ERASE = f"DELETE FROM address_proofs WHERE {rows.OF_PEOPLE}"  # noqa: S608 - constant text


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every link asked for in the last weeks."""
    return rows.read(connection, controller_id, subject_id, _EXPORT)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete them all: links that were sent stop working. Before the addresses go."""
    return rows.touch(connection, controller_id, subject_ids, _ERASE)
