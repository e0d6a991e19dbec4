"""Personal data held by this room: what people did with messages, by their address keys."""

import uuid
from typing import Any

from psycopg.rows import dict_row

from crm_service.db import Connection
from crm_service.engagement import repository, stats_repository
from crm_service.outbox import service as outbox

TABLES = frozenset({"engagement_events", "engagement_raw"})


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every event on any address of the person, the oldest first."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(repository.EXPORT, facts).fetchall()


def erase(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> int:
    """Delete every event on any address of the person; return how many.

    What they did stays counted, without a key to them (clause ee-10). Published events lose the
    sender's id of the message, by which the sender's own records would lead to them (si-12).

    Before ``subjects``, which forgets the addresses.
    """
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    connection.execute(stats_repository.KEEP_TOTALS, facts)
    connection.execute(repository.ERASE_RAW, facts)
    outbox.withhold(connection, controller_id, subject_id, "message_id")
    return connection.execute(repository.ERASE, facts).rowcount
