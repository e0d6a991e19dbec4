"""What a person refused and still refuses: it has to outlive the person's erasure."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from crm_service import arrays
from crm_service.db import Connection
from crm_service.permissions import history_repository


@dataclass(frozen=True)
class Refusal:
    """A withdrawal or objection that no later consent has ended; no topic: the whole purpose."""

    address_key: uuid.UUID
    purpose: str
    topic_id: uuid.UUID | None
    topic: str | None
    state: str
    since: datetime


def standing(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> list[Refusal]:
    """Return what stands refused on the addresses of these subjects, one refusal a target."""
    facts = {"controller_id": controller_id, "subject_ids": arrays.of_ids(subject_ids)}
    with connection.cursor(row_factory=class_row(Refusal)) as cursor:
        return cursor.execute(history_repository.STANDING_REFUSALS, facts).fetchall()
