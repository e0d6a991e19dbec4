"""To whom a person's data went (rule 34; GDPR Art. 15(1)(c) and 19)."""

import uuid
from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row

from crm_service import arrays
from crm_service.db import Connection
from crm_service.recipients import repository

TABLES = frozenset({"disclosed_subjects"})


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every disclosure of the person's data, and to whom."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(repository.OF_SUBJECT, (controller_id, subject_id)).fetchall()


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Forget that these people were among those whose data went out; the disclosure itself stays.

    Of one that was about nobody else any more, what was written of the need goes as well.
    """
    facts = {"controller_id": controller_id, "subject_ids": arrays.of_ids(subject_ids)}
    row = connection.execute(repository.ERASE, facts).fetchone()
    return int(row[0]) if row else 0
