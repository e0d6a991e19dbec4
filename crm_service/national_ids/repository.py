"""SQL over national identification numbers."""

import uuid
from collections.abc import Sequence

from crm_service import arrays
from crm_service.db import Connection

_PUT = """
INSERT INTO national_ids (controller_id, subject_id, blind_index, country, sealed)
VALUES (%(controller_id)s, %(subject_id)s, %(blind_index)s, %(country)s, %(sealed)s)
ON CONFLICT (controller_id, subject_id) DO UPDATE
SET blind_index = excluded.blind_index, country = excluded.country, sealed = excluded.sealed,
    updated_at = now()
"""
_GET = "SELECT country, sealed FROM national_ids WHERE controller_id = %s AND subject_id = %s"
_OWNER = "SELECT subject_id FROM national_ids WHERE controller_id = %s AND blind_index = %s"
_ERASE = "DELETE FROM national_ids WHERE controller_id = %s AND subject_id = ANY (%s::uuid[])"


def put(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *,
    blind_index: uuid.UUID,
    country: str,
    sealed: bytes,
) -> None:
    """Keep a person's number, in place of another one. Raises psycopg's ``UniqueViolation``."""
    facts = {
        "controller_id": controller_id,
        "subject_id": subject_id,
        "blind_index": blind_index,
        "country": country,
        "sealed": sealed,
    }
    connection.execute(_PUT, facts)


def find(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> tuple[str, bytes] | None:
    """Return country and sealed number of a person, or None."""
    row = connection.execute(_GET, (controller_id, subject_id)).fetchone()
    return (row[0], bytes(row[1])) if row else None


def owner(
    connection: Connection, controller_id: uuid.UUID, blind_index: uuid.UUID
) -> uuid.UUID | None:
    """Return whose number has this index, or None."""
    row = connection.execute(_OWNER, (controller_id, blind_index)).fetchone()
    return row[0] if row else None


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete the numbers of these people; return how many there were."""
    return connection.execute(_ERASE, (controller_id, arrays.of_ids(subject_ids))).rowcount
