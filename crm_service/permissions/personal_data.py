"""Personal data held by this room: permissions, and the evidence of the ledger's entries."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from crm_service import arrays
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.permissions import history, history_repository

TABLES = frozenset({"permissions", "ledger_evidence"})


def stream(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> Iterator[dict[str, Any]]:
    """Yield every ledger entry with its evidence, the oldest first; in bounded memory."""
    after = 0
    while page := history.ledger(connection, controller_id, subject_id, after=after, limit=1000):
        yield from page
        after = page[-1]["position"]


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every ledger entry with its evidence: the whole history of legal bases."""
    return list(stream(connection, controller_id, subject_id))


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Remove the permissions and empty the evidence; the ledger's entries stay, and say so."""
    facts = {
        "controller_id": controller_id,
        "subject_ids": arrays.of_ids(subject_ids),
        "now": utcnow(),
        "correlation": uuid.uuid4(),
    }
    row = connection.execute(history_repository.ERASE, facts).fetchone()
    return int(row[0]) if row else 0
