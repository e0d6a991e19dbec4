"""Personal data held by this room: what people did with messages, by their address keys."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

from psycopg.rows import dict_row

from crm_service import arrays
from crm_service.db import Connection
from crm_service.engagement import repository, stats_repository
from crm_service.outbox import service as outbox

TABLES = frozenset({"engagement_events", "engagement_raw"})

#: Rows that come over at a time.
_FETCHED: Final = 1000


def stream(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> Iterator[dict[str, Any]]:
    """Yield every event on any address of the person, the oldest first; in bounded memory."""
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    with connection.cursor("engagement_of_person", row_factory=dict_row) as cursor:
        cursor.itersize = _FETCHED
        yield from cursor.execute(repository.EXPORT, facts)


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every event on any address of the person, the oldest first."""
    return list(stream(connection, controller_id, subject_id))


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete every event on any address of these people; return how many.

    What they did stays counted, without a key to them (clause ee-10). Published events lose the
    sender's id of the message, by which the sender's own records would lead to them (si-12).

    Before ``subjects``, which forgets the addresses.
    """
    facts = {"controller_id": controller_id, "subject_ids": arrays.of_ids(subject_ids)}
    connection.execute(stats_repository.KEEP_TOTALS, facts)
    connection.execute(repository.ERASE_RAW, facts)
    outbox.withhold(connection, controller_id, subject_ids, "message_id")
    return connection.execute(repository.ERASE, facts).rowcount
