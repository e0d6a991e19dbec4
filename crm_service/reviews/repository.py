"""SQL over contacts that nobody has used for a while, and what was decided about them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, dict_row

from crm_service import arrays
from crm_service.db import Connection


@dataclass(frozen=True)
class Unused:
    """A contact without any use since the period began; ``last_review_at`` is before it, too."""

    contact_id: uuid.UUID
    source_kind: str
    added_at: datetime
    updated_at: datetime
    last_review_at: datetime | None


_UNUSED = """
FROM contacts c
LEFT JOIN LATERAL (
    SELECT max(r.decided_at) AS at FROM reviews r
    WHERE r.controller_id = c.controller_id AND r.contact_id = c.id
) last ON true
WHERE c.controller_id = %(controller_id)s AND c.updated_at <= %(since)s
    AND c.id > %(after)s AND (%(until)s::uuid IS NULL OR c.id <= %(until)s)
    AND (last.at IS NULL OR last.at <= %(since)s)
    AND NOT EXISTS (
        SELECT FROM addresses a
        JOIN last_interactions l
            ON l.controller_id = a.controller_id AND l.address_key = a.address_key
        WHERE a.controller_id = c.controller_id AND a.subject_id = c.id
            AND greatest(l.engaged_at, l.interacted_at) > %(since)s)
    AND NOT EXISTS (
        SELECT FROM interactions i
        WHERE i.controller_id = c.controller_id AND i.subject_id = c.id
            AND i.recorded_at > %(since)s)
    AND NOT EXISTS (
        SELECT FROM ledger_entries e
        WHERE e.controller_id = c.controller_id AND e.subject_id = c.id
            AND greatest(e.since, e.recorded_at) > %(since)s)
"""

_PAGE = f"""
SELECT c.id AS contact_id, c.source_kind, c.added_at, c.updated_at, last.at AS last_review_at
{_UNUSED} ORDER BY c.id LIMIT %(limit)s
"""

_COUNT = f"SELECT count(*) {_UNUSED}"

_ADD = """
INSERT INTO reviews (controller_id, contact_id, decision, reasons, decided_by, decided_at)
SELECT %(controller_id)s, unnest(%(ids)s::uuid[]), %(decision)s, %(reasons)s, %(actor)s, %(now)s
"""

_OF = """
SELECT decision, reasons, decided_by, decided_at FROM reviews
WHERE controller_id = %s AND contact_id = %s ORDER BY decided_at
"""

_ERASE = "DELETE FROM reviews WHERE controller_id = %s AND contact_id = ANY (%s::uuid[])"


def unused(connection: Connection, facts: Mapping[str, Any]) -> Sequence[Unused]:
    """Return unused contacts between two ids, in their order."""
    with connection.cursor(row_factory=class_row(Unused)) as cursor:
        return cursor.execute(_PAGE, facts).fetchall()


def count(connection: Connection, facts: Mapping[str, Any]) -> int:
    """Return how many contacts between two ids are unused."""
    row = connection.execute(_COUNT, facts).fetchone()
    return int(row[0]) if row else 0


def add(connection: Connection, facts: Mapping[str, Any]) -> None:
    """Store a decision about contacts of this controller."""
    connection.execute(_ADD, facts)


def of(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every decision about a contact, the oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_OF, (controller_id, contact_id)).fetchall()


def erase(
    connection: Connection, controller_id: uuid.UUID, contact_ids: Sequence[uuid.UUID]
) -> int:
    """Delete every decision about these contacts; return how many."""
    return connection.execute(_ERASE, (controller_id, arrays.of_ids(contact_ids))).rowcount
