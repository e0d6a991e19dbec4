"""Personal data held by this room: who was told of data that did not come from them."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.informing import repository

TABLES = frozenset({"informings"})


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return when and how the person was told, or why not."""
    return repository.of(connection, controller_id, subject_id)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Forget it."""
    return repository.erase(connection, controller_id, subject_ids)
