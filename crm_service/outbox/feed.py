"""The event log as readers without RabbitMQ see it: oldest first, nothing ever skipped (rule 27).

Positions are given out before the commit, so an older one may appear after a newer one was read. A
transaction's id cannot: below the oldest running transaction everything has ended. The feed is
therefore ordered by (transaction, position) and ends there; a long writer holds it back.
"""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from crm_service.db import Connection
from crm_service.outbox.cloudevents import LoggedEvent

_END = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

#: The end was asked before: what has ended by then is visible to this statement.
READ = """
SELECT xid::text::bigint, position, id, type, subject_id, occurred_at, correlation, data
FROM events
WHERE controller_id = %(controller_id)s
  AND (xid, position) > (%(xid)s::text::xid8, %(position)s)
  AND xid < %(end)s::text::xid8
  AND (%(types)s::text[] IS NULL OR type = ANY (%(types)s))
ORDER BY events.xid, events.position LIMIT %(limit)s
"""


class Place(NamedTuple):
    """A place in the feed: behind this event, or at the beginning of a transaction (position 0)."""

    xid: int = 0
    position: int = 0


class Page(NamedTuple):
    """Events in the feed's order, and the place to read on from; it always exists."""

    events: list[LoggedEvent]
    end: Place


def read(
    connection: Connection,
    controller_id: uuid.UUID,
    slug: str,
    *,
    after: Place,
    limit: int,
    types: Sequence[str] | None = None,
) -> Page:
    """Return up to ``limit`` events behind ``after``; ``types`` narrows to some event types."""
    row = connection.execute(_END).fetchone()
    end = row[0] if row else after.xid
    facts = {
        "controller_id": controller_id,
        "xid": str(after.xid),
        "position": after.position,
        "end": str(end),
        "types": list(types) if types else None,
        "limit": limit,
    }
    rows = connection.execute(READ, facts).fetchall()
    events = [LoggedEvent(row[1], row[2], row[3], slug, *row[4:]) for row in rows]
    if len(rows) == limit:
        return Page(events, Place(rows[-1][0], rows[-1][1]))
    # Everything before the end was read, also what is of another type: begin there next time.
    return Page(events, max(after, Place(end, 0)))
