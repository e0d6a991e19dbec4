"""National identification numbers of a person (rule 34)."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.national_ids import repository

TABLES = frozenset({"national_ids"})


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return the number as it is stored: sealed. Who answers the person opens it."""
    found = repository.find(connection, controller_id, subject_id)
    return [{"country": found[0], "sealed": found[1].hex()}] if found else []


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete them; nothing remains by which one could be compared."""
    return repository.erase(connection, controller_id, subject_ids)
