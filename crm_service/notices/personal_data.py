"""Who was told about a person's data (rule 34; GDPR Art. 19): the person may ask who they are."""

import uuid
from typing import Any

from psycopg.rows import dict_row

from crm_service.db import Connection
from crm_service.notices import repository

TABLES = frozenset({"recipient_notices"})


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every notice about the person's data: to whom, of what, and how far it has come."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(repository.OF_SUBJECT, facts).fetchall()


def erase(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> int:
    """Empty what was written; the notices stay, for recipients still have to erase (ws-05)."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    return connection.execute(repository.EMPTY, facts).rowcount
