"""What the relay reads and settles. Each function is one statement, atomic by itself.

The relay acts as the worker role, which sees every controller's events (and nothing else of them).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from orjson import Fragment

from crm_service.db import Connection
from crm_service.outbox.cloudevents import LoggedEvent

#: What must stay in order: one subject's events; without a subject, the controller's own.
_LANE = "coalesce({0}.subject_id, {0}.controller_id)"

#: The events behind chosen places. Each is found by both columns of its key, so that one partition
#: is read (LIMIT keeps the nested loop).
_TOLD = """
SELECT o.position, o.xmin::text, o.lane::text, e.id::text, e.type, c.slug, o.subject_id::text,
       e.occurred_at, e.correlation::text, e.data::text
FROM ({chosen}) AS o
LEFT JOIN LATERAL (
    SELECT id, type, occurred_at, correlation, data FROM events
    WHERE position = o.position AND recorded_at = o.recorded_at LIMIT 1
) AS e ON true
LEFT JOIN controllers AS c ON c.id = o.controller_id
ORDER BY o.position
"""

#: A quarantined event holds back the later ones of its lane.
_NOT_HELD_BACK = f"""
NOT EXISTS (
    SELECT FROM outbox AS q
    WHERE q.quarantined_at IS NOT NULL AND q.position < outbox.position
      AND {_LANE.format("q")} = {_LANE.format("outbox")})
"""

#: Oldest first among what is unpublished, never "above the last one seen": positions are not in
#: the order of commits.
PENDING = _TOLD.format(
    chosen=f"""
    SELECT position, xmin, recorded_at, controller_id, subject_id, {_LANE.format("outbox")} AS lane
    FROM outbox
    WHERE quarantined_at IS NULL
      AND position <> ALL (%(held)s::bigint[])
      AND {_LANE.format("outbox")} <> ALL (%(busy)s::uuid[])
      AND {_NOT_HELD_BACK}
    ORDER BY position LIMIT %(limit)s
"""  # noqa: S608 - constant text
)

#: What somebody waits for, and before it what waits of the same person, the oldest first: the
#: places in hand of a lane are always its first ones, by whichever statement they were read. The
#: log, not the outbox, is indexed by person; of it nothing older than the oldest place is read.
EXPRESS = _TOLD.format(
    chosen=f"""
    SELECT o.* FROM (
        SELECT controller_id, subject_id, max(position) AS last FROM (
            SELECT x.* FROM outbox_express AS x JOIN outbox USING (position)
            WHERE quarantined_at IS NULL
              AND position <> ALL (%(held)s::bigint[])
              AND x.subject_id <> ALL (%(busy)s::uuid[])
              AND {_NOT_HELD_BACK}
            ORDER BY position LIMIT %(limit)s
        ) AS x GROUP BY controller_id, subject_id
    ) AS person
    CROSS JOIN LATERAL (
        SELECT p.position, p.xmin, p.recorded_at, p.controller_id, p.subject_id,
            p.subject_id AS lane
        FROM events AS e JOIN outbox AS p ON p.position = e.position
        WHERE e.controller_id = person.controller_id AND e.subject_id = person.subject_id
          AND e.position <= person.last
          AND e.position >= (SELECT min(position) FROM outbox)
          AND p.quarantined_at IS NULL AND p.position <> ALL (%(held)s::bigint[])
        ORDER BY e.position LIMIT %(depth)s
    ) AS o
"""  # noqa: S608 - constant text
)

_AWAITED = "SELECT position FROM outbox_express ORDER BY position LIMIT %s"

#: A row that was put back meanwhile (its ``xmin`` is another) stays: it asks to go out again.
_SETTLED = """
WITH settled AS (
    SELECT * FROM unnest(%(positions)s::bigint[], %(versions)s::text[]) AS s(position, version)
), gone AS (
    DELETE FROM outbox USING settled
    WHERE outbox.position = settled.position AND outbox.xmin::text = settled.version
    RETURNING outbox.position, outbox.recorded_at, outbox.controller_id
), arrived AS (
    DELETE FROM outbox_express USING gone WHERE outbox_express.position = gone.position
)"""

_DELETE = f"{_SETTLED} SELECT count(*) FROM gone"  # noqa: S608 - constant text

_MARK_UNROUTABLE = f"""{_SETTLED}
INSERT INTO unroutable_events (position, recorded_at, controller_id, type)
SELECT gone.position, gone.recorded_at, gone.controller_id, events.type
FROM gone JOIN events USING (position, recorded_at)
ON CONFLICT (position) DO NOTHING
"""  # noqa: S608 - constant text

_QUARANTINE = """
UPDATE outbox SET quarantined_at = now(), problem = %s, attempts = attempts + %s
WHERE position = %s
"""


class Pending(NamedTuple):
    """One unpublished position. ``event`` is None where the log no longer holds it."""

    position: int
    version: str
    lane: str
    event: LoggedEvent | None

    @property
    def type(self) -> str:
        """The event's type, as far as it is known."""
        return self.event.type if self.event else "unknown"


def pending(
    connection: Connection, *, held: Iterable[int], busy: Iterable[str], limit: int
) -> list[Pending]:
    """Return the oldest unpublished positions but for those ``held`` and the ``busy`` lanes'."""
    facts = {"held": _array(held), "busy": _array(busy), "limit": limit}
    # Only a plan made for these very positions looks them up by hash; an idle relay needs none.
    idle = facts["held"] == facts["busy"] == "{}"
    rows = connection.execute(PENDING, facts, prepare=None if idle else False)
    return [_pending(*row) for row in rows]


def express(
    connection: Connection, *, held: Iterable[int], busy: Iterable[str], limit: int, depth: int
) -> list[Pending]:
    """Return what somebody waits for, of at most ``limit`` events; see ``EXPRESS``.

    Of one person at most ``depth`` positions; the next ones follow when these are gone.
    """
    in_hand = set(held)
    # Mostly there is nothing, which is cheaper asked without naming thousands of positions.
    awaited = connection.execute(_AWAITED, (len(in_hand) + 1,)).fetchall()
    if all(position in in_hand for (position,) in awaited):
        return []
    facts = {"held": _array(in_hand), "busy": _array(busy), "limit": limit, "depth": depth}
    return [_pending(*row) for row in connection.execute(EXPRESS, facts, prepare=False)]


def _pending(
    position: int,
    version: str,
    lane: str,
    event_id: str | None,
    kind: str,
    slug: str,
    subject_id: str | None,
    occurred_at: datetime,
    correlation: str,
    data: str,
) -> Pending:
    if event_id is None:
        return Pending(position, version, lane, None)
    event = LoggedEvent(
        position, event_id, kind, slug, subject_id, occurred_at, correlation, Fragment(data)
    )
    return Pending(position, version, lane, event)


def delete(connection: Connection, versions: Mapping[int, str]) -> None:
    """Delete what the broker has taken."""
    connection.execute(_DELETE, _arrays(versions))


def mark_unroutable(connection: Connection, versions: Mapping[int, str]) -> None:
    """Note what the broker took but no queue was bound for; it can be replayed."""
    connection.execute(_MARK_UNROUTABLE, _arrays(versions))


def quarantine(connection: Connection, position: int, *, problem: str, attempts: int) -> None:
    """Set an event aside; it holds back later events of its subject until it is released."""
    connection.execute(_QUARANTINE, (problem[:500], attempts, position))


def _arrays(versions: Mapping[int, str]) -> dict[str, str]:
    return {"positions": _array(versions), "versions": _array(versions.values())}


def _array(values: Iterable[object]) -> str:
    """Return a PostgreSQL array literal of numbers or UUIDs: much faster than adapting a list."""
    return f"{{{','.join(map(str, values))}}}"
