"""Which blocks stood on an address at a past moment, lifted ones included (rule 19).

A block bears the date that was given for it, which may be older than its entry in the list. When it
came and went is told by the transactions stamped on it; of blocks older than those stamps, by their
events, as long as these are kept; where there are none, by their own dates.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from crm_service.db import Connection

#: Whether somebody could see what a transaction wrote: by its id and the time it began.
Sees = Callable[[int, datetime], bool]

#: A block that an address brought along from another subject has its events there.
_BLOCKS = """
SELECT s.id, s.kind, s.scope, t.slug AS topic, s.reason, s.source, s.correlation, s.suppressed_at,
    s.ends_at, s.lifted_at, s.lifted_by,
    coalesce(s.added_xid, added.xid)::text::bigint AS added_xid,
    coalesce(s.recorded_at, added.recorded_at) AS recorded_at,
    coalesce(s.lifted_xid, lifted.xid)::text::bigint AS lifted_xid,
    coalesce(s.lift_recorded_at, lifted.recorded_at) AS lift_recorded_at
FROM suppressions s
LEFT JOIN topics t ON t.id = s.topic_id
LEFT JOIN LATERAL (
    SELECT e.xid, e.recorded_at FROM events e
    WHERE s.added_xid IS NULL AND e.controller_id = s.controller_id
        AND e.subject_id = s.subject_id AND e.type = 'suppression.added.v1'
        AND e.data ->> 'suppression_id' = s.id::text
    ORDER BY e.position LIMIT 1
) added ON true
LEFT JOIN LATERAL (
    SELECT e.xid, e.recorded_at FROM events e
    WHERE s.lifted_at IS NOT NULL AND s.lifted_xid IS NULL AND e.controller_id = s.controller_id
        AND e.subject_id = s.subject_id AND e.type = 'suppression.lifted.v1'
        AND e.data ->> 'suppression_id' = s.id::text
    ORDER BY e.position LIMIT 1
) lifted ON true
WHERE s.controller_id = %(controller_id)s AND s.address_key = ANY (%(keys)s)
ORDER BY s.suppressed_at, s.id
"""


@dataclass(frozen=True)
class PastBlock:
    """A block, by which transactions it came and went as far as that is known, and its own dates.

    ``correlation`` is what it shares with the ledger entries of the same click.
    """

    id: uuid.UUID
    kind: str
    scope: str
    topic: str | None
    reason: str
    source: str
    correlation: uuid.UUID
    suppressed_at: datetime
    ends_at: datetime | None
    lifted_at: datetime | None
    lifted_by: str | None
    added_xid: int | None
    recorded_at: datetime | None
    lifted_xid: int | None
    lift_recorded_at: datetime | None

    @property
    def is_dated(self) -> bool:
        """Whether a transaction tells when it came, and when it went if it did before its end."""
        is_gone_known = self.lifted_xid is not None or self.lifted_at in {None, self.ends_at}
        return self.added_xid is not None and is_gone_known

    def stood(self, now: datetime, sees: Sees) -> bool:
        """Tell whether it stood at ``now`` for who could see what ``sees`` says."""
        had_come, was_gone = self._by_date(now)
        if self.added_xid is not None and self.recorded_at is not None:
            had_come = sees(self.added_xid, self.recorded_at)
        if self.lifted_xid is not None and self.lift_recorded_at is not None:
            was_gone = sees(self.lifted_xid, self.lift_recorded_at)
        return had_come and not was_gone and not self._is_over(now)

    def counts(self, now: datetime) -> bool:
        """Tell whether it counts at ``now`` by its own dates: a refusal may be recorded later."""
        had_come, was_gone = self._by_date(now)
        return had_come and not was_gone and not self._is_over(now)

    def _by_date(self, now: datetime) -> tuple[bool, bool]:
        return self.suppressed_at <= now, self.lifted_at is not None and self.lifted_at <= now

    def _is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now


def blocks(
    connection: Connection, controller_id: uuid.UUID, keys: Sequence[uuid.UUID]
) -> list[PastBlock]:
    """Return every block ever set on these keys, of addresses or of domains, oldest first."""
    with connection.cursor(row_factory=class_row(PastBlock)) as cursor:
        facts = {"controller_id": controller_id, "keys": list(keys)}
        return cursor.execute(_BLOCKS, facts).fetchall()
