"""Putting events back into the outbox, and letting go of what was set aside (rule 27).

For operators, as the worker role. Every verb may be repeated: an event that waits already is
published once, and consumers deduplicate by its id.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from crm_service.db import Connection

CHUNK = 5_000

#: A row that is there already gets another version: if it is on its way right now, it stays and
#: goes out again. What is in quarantine stays there.
_PUT_BACK = """
put_back AS (
    INSERT INTO outbox (position, recorded_at, controller_id, subject_id)
    SELECT position, recorded_at, controller_id, subject_id FROM chosen ORDER BY position
    ON CONFLICT (position) DO UPDATE SET attempts = 0 WHERE outbox.quarantined_at IS NULL
)
SELECT controller_id, count(*), max(position) FROM chosen GROUP BY controller_id
"""

_REPLAY = f"""
WITH chosen AS (
    SELECT position, recorded_at, controller_id, subject_id FROM events
    WHERE recorded_at >= %(since)s AND recorded_at < coalesce(%(until)s::timestamptz, 'infinity')
      AND position > %(after)s
      AND (%(patterns)s::text[] IS NULL OR type LIKE ANY (%(patterns)s))
      AND (%(controller_id)s::uuid IS NULL OR controller_id = %(controller_id)s)
    ORDER BY position LIMIT %(chunk)s
), routable_again AS (
    DELETE FROM unroutable_events USING chosen
    WHERE unroutable_events.position = chosen.position
), {_PUT_BACK}"""  # noqa: S608 - constant text

_REPLAY_UNROUTABLE = f"""
WITH oldest AS (
    SELECT position FROM unroutable_events
    WHERE position > %(after)s
      AND (%(controller_id)s::uuid IS NULL OR controller_id = %(controller_id)s)
    ORDER BY position LIMIT %(chunk)s
), taken AS (
    DELETE FROM unroutable_events USING oldest WHERE unroutable_events.position = oldest.position
    RETURNING unroutable_events.position, unroutable_events.recorded_at
), chosen AS (
    SELECT position, recorded_at, controller_id, subject_id
    FROM taken JOIN events USING (position, recorded_at)
), {_PUT_BACK}"""  # noqa: S608 - constant text

_QUARANTINED = """
SELECT q.position, coalesce(e.type, 'unknown'), coalesce(c.slug, 'unknown'), q.quarantined_at,
    q.attempts, q.problem,
    (SELECT count(*) FROM outbox AS later
     WHERE later.position > q.position AND later.quarantined_at IS NULL
       AND coalesce(later.subject_id, later.controller_id)
         = coalesce(q.subject_id, q.controller_id))
FROM outbox AS q
LEFT JOIN events AS e ON e.position = q.position AND e.recorded_at = q.recorded_at
LEFT JOIN controllers AS c ON c.id = q.controller_id
WHERE q.quarantined_at IS NOT NULL ORDER BY q.position
"""

_RELEASE = """
UPDATE outbox SET quarantined_at = NULL, problem = NULL, attempts = 0
WHERE position = ANY (%s) AND quarantined_at IS NOT NULL RETURNING position
"""

_CONTROLLER = "SELECT id FROM controllers WHERE slug = %s"


class Quarantined(NamedTuple):
    """An event that was set aside, and how many later ones of its subject wait behind it."""

    position: int
    type: str
    controller: str
    quarantined_at: datetime
    attempts: int
    problem: str
    holds_back: int


def find_controller(connection: Connection, slug: str) -> uuid.UUID | None:
    """Return the controller's id, None where there is none of that slug."""
    row = connection.execute(_CONTROLLER, (slug,)).fetchone()
    return row[0] if row else None


def replay(
    connection: Connection,
    *,
    since: datetime,
    until: datetime | None = None,
    patterns: Sequence[str] = (),
    controller_id: uuid.UUID | None = None,
) -> Counter[uuid.UUID]:
    """Publish again what was recorded in [since, until); return how many events by controller.

    ``patterns`` are event types, in which ``*`` stands for anything. Order is kept: the oldest are
    put back first. Each chunk is a transaction of its own, so that the feed never waits for it.
    """
    facts = {
        "since": since,
        "until": until,
        "patterns": [_like(pattern) for pattern in patterns] or None,
        "controller_id": controller_id,
    }
    return _in_chunks(connection, _REPLAY, facts)


def replay_unroutable(
    connection: Connection, *, controller_id: uuid.UUID | None = None
) -> Counter[uuid.UUID]:
    """Publish again what no queue was bound for; return how many events by controller."""
    return _in_chunks(connection, _REPLAY_UNROUTABLE, {"controller_id": controller_id})


def quarantined(connection: Connection) -> list[Quarantined]:
    """Return the events that were set aside, the oldest first."""
    return [Quarantined(*row) for row in connection.execute(_QUARANTINED)]


def release(connection: Connection, positions: Sequence[int]) -> list[int]:
    """Let events out of quarantine, and with them what they hold back; return those found."""
    return sorted(row[0] for row in connection.execute(_RELEASE, (list(positions),)))


def _in_chunks(
    connection: Connection, statement: str, facts: Mapping[str, object]
) -> Counter[uuid.UUID]:
    counts: Counter[uuid.UUID] = Counter()
    after = 0
    while True:
        rows = connection.execute(statement, {**facts, "after": after, "chunk": CHUNK}).fetchall()
        if not rows:
            return counts
        for controller_id, count, last in rows:
            counts[controller_id] += count
            after = max(after, last)


def _like(pattern: str) -> str:
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")
