"""Who was told about a person's data (rule 34; GDPR Art. 19): the person may ask who they are."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.notices import repository
from crm_service.subjects import rows

TABLES = frozenset({"recipient_notices"})


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every notice about the person's data: to whom, of what, and how far it has come."""
    return rows.read(connection, controller_id, subject_id, repository.OF_SUBJECT)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Empty what was written; the notices stay, for recipients still have to erase (ws-05)."""
    return rows.touch(connection, controller_id, subject_ids, repository.EMPTY)
