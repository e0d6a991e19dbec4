"""Personal data held by this room: why data were kept when they were reviewed."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.reviews import repository

TABLES = frozenset({"reviews"})


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every decision, with its reasons."""
    return repository.of(connection, controller_id, subject_id)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete them; that there were decisions stays in the audit log."""
    return repository.erase(connection, controller_id, subject_ids)
