"""The event log as readers without RabbitMQ see it: oldest first, nothing ever skipped (rule 27).

Positions are given out before the commit, so an older one may appear after a newer one was read. A
transaction's id cannot: below the oldest running transaction everything has ended. The feed is
therefore ordered by (transaction, position) and ends there; a long writer holds it back.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from crm_service.db import Connection
from crm_service.errors import Gone
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

#: Asked after the events were read: whoever reads the log keeps its months from being dropped.
_DROPPED = """
SELECT up_to_xid::text::bigint, up_to_position, recorded_before FROM dropped_events
WHERE controller_id = %s
"""


class CursorTooOld(Gone):
    """Events behind the place to read on from are no longer in the log."""

    code = "cursor_too_old"

    def __init__(self, recorded_before: datetime) -> None:
        super().__init__(
            f"events recorded before {recorded_before:%Y-%m-%d} are no longer kept, and some of "
            "them come after this cursor; bring yourself up to date from the resources, then read "
            "on without `after` from the oldest event kept",
            events_since=recorded_before,
        )


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
    """Return up to ``limit`` events behind ``after``; ``types`` narrows to some event types.

    From the beginning means the oldest event kept. Raises ``CursorTooOld`` where events behind
    ``after`` were dropped with their month: the reader has not seen them and could not know.
    """
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
    if after != Place():
        _refuse_gap(connection, controller_id, after)
    events = [LoggedEvent(row[1], row[2], row[3], slug, *row[4:]) for row in rows]
    if len(rows) == limit:
        return Page(events, Place(rows[-1][0], rows[-1][1]))
    # Everything before the end was read, also what is of another type: begin there next time.
    return Page(events, max(after, Place(end, 0)))


def _refuse_gap(connection: Connection, controller_id: uuid.UUID, after: Place) -> None:
    row = connection.execute(_DROPPED, (controller_id,)).fetchone()
    if row is not None and after < Place(row[0], row[1]):
        raise CursorTooOld(row[2])
