"""Which blocks stood on an address at a past moment, lifted ones included (rule 19).

A block bears the date that was given for it, which may be older than its entry in the list. When it
came and went is told by its events, recorded in the same transaction; where there are none, by
its own dates.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from crm_service.db import Connection

#: ``is_dated``: events tell when it was set, and when it was lifted if it was. A block that an
#: address brought along from another subject has its events there.
_BLOCKS = """
WITH told AS (
    SELECT s.*, added.xid AS added_xid, added.recorded_at, lifted.xid AS lifted_xid
    FROM suppressions s
    LEFT JOIN LATERAL (
        SELECT e.xid, e.recorded_at FROM events e
        WHERE e.controller_id = s.controller_id AND e.subject_id = s.subject_id
            AND e.type = 'suppression.added.v1' AND e.data ->> 'suppression_id' = s.id::text
        ORDER BY e.position LIMIT 1
    ) added ON true
    LEFT JOIN LATERAL (
        SELECT e.xid FROM events e
        WHERE e.controller_id = s.controller_id AND e.subject_id = s.subject_id
            AND e.type = 'suppression.lifted.v1' AND e.data ->> 'suppression_id' = s.id::text
        ORDER BY e.position LIMIT 1
    ) lifted ON true
    WHERE s.controller_id = %(controller_id)s AND s.address_key = ANY (%(keys)s)
)
SELECT b.id, b.kind, b.scope, t.slug AS topic, b.reason, b.source, b.suppressed_at, b.recorded_at,
    b.ends_at, b.lifted_at, b.lifted_by,
    b.added_xid IS NOT NULL AND (b.lifted_at IS NULL OR b.lifted_xid IS NOT NULL
        OR b.lifted_at = b.ends_at) AS is_dated,
    CASE WHEN b.added_xid IS NULL THEN b.suppressed_at <= %(now)s
         ELSE pg_visible_in_snapshot(b.added_xid, %(snapshot)s::text::pg_snapshot) END
    AND NOT CASE WHEN b.lifted_xid IS NULL THEN coalesce(b.lifted_at <= %(now)s, false)
         ELSE pg_visible_in_snapshot(b.lifted_xid, %(snapshot)s::text::pg_snapshot) END
    AND (b.ends_at IS NULL OR b.ends_at > %(now)s) AS stood,
    CASE WHEN b.added_xid IS NULL THEN b.suppressed_at <= %(now)s
         ELSE pg_visible_in_snapshot(b.added_xid, %(until)s::text::pg_snapshot) END
    AND NOT CASE WHEN b.lifted_xid IS NULL THEN coalesce(b.lifted_at <= %(now)s, false)
         ELSE pg_visible_in_snapshot(b.lifted_xid, %(until)s::text::pg_snapshot) END
    AND (b.ends_at IS NULL OR b.ends_at > %(now)s) AS stood_until
FROM told b LEFT JOIN topics t ON t.id = b.topic_id
ORDER BY b.suppressed_at, b.id
"""


@dataclass(frozen=True)
class PastBlock:
    """A block, and whether it stood then: by what had been committed at the begin, at the end."""

    id: uuid.UUID
    kind: str
    scope: str
    topic: str | None
    reason: str
    source: str
    suppressed_at: datetime
    recorded_at: datetime | None
    ends_at: datetime | None
    lifted_at: datetime | None
    lifted_by: str | None
    is_dated: bool
    stood: bool
    stood_until: bool


def blocks(
    connection: Connection,
    controller_id: uuid.UUID,
    keys: Sequence[uuid.UUID],
    *,
    now: datetime,
    snapshot: str,
    until: str,
) -> list[PastBlock]:
    """Return every block ever set on these keys, of addresses or of domains, oldest first."""
    facts = {
        "controller_id": controller_id,
        "keys": list(keys),
        "now": now,
        "snapshot": snapshot,
        "until": until,
    }
    with connection.cursor(row_factory=class_row(PastBlock)) as cursor:
        return cursor.execute(_BLOCKS, facts).fetchall()
