"""What the worker reads of the event log for the journal, and how far it has come.

The worker's role sees events, the kind of an address key, and the names of blocked domains; nothing
else about anybody.
"""

from typing import Any

from crm_service.db import Connection
from crm_service.journal.lines import TYPES, Fact
from crm_service.outbox.feed import Place

#: Facts of all controllers in the feed's order: the oldest of each controller's oldest, and of
#: those that are in no event log.
_PAGE = """
SELECT e.xid::text::bigint, e.position, e.type, e.controller_id, e.subject_id,
    to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.data,
    CASE WHEN d.domain IS NOT NULL THEN 'domain' ELSE a.kind END, d.domain
FROM (
    SELECT f.* FROM controllers c
    CROSS JOIN LATERAL (
        SELECT xid, position, type, controller_id, subject_id, occurred_at, data FROM events
        WHERE events.controller_id = c.id
            AND (xid, position) > (%(xid)s::text::xid8, %(position)s)
            AND xid < %(end)s::text::xid8 AND type = ANY (%(types)s)
        ORDER BY events.xid, events.position LIMIT %(limit)s
    ) f
    UNION ALL
    SELECT xid, position, type, of_controller, NULL, occurred_at, data FROM journal_facts
    WHERE (xid, position) > (%(xid)s::text::xid8, %(position)s) AND xid < %(end)s::text::xid8
    ORDER BY xid, position LIMIT %(limit)s
) e
LEFT JOIN addresses a ON a.controller_id = e.controller_id
    AND a.address_key = (e.data ->> 'address_key')::uuid
LEFT JOIN suppressed_domains d ON d.controller_id = e.controller_id
    AND d.domain_key = (e.data ->> 'address_key')::uuid
ORDER BY e.xid, e.position
"""
_END = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_PLACE = "SELECT up_to_xid::text::bigint, up_to_position FROM journal_marks"
_INTEND = "UPDATE journal_marks SET intended = %s WHERE intended < %s"
_ADVANCE = """
UPDATE journal_marks SET number = %(number)s, digest = %(digest)s, intended = %(number)s,
    up_to_xid = %(xid)s::text::xid8, up_to_position = %(position)s, updated_at = now()
"""
#: What is in the journal need not wait for it any more.
_JOURNALED = """
DELETE FROM journal_facts WHERE (xid, position) <= (%(xid)s::text::xid8, %(position)s)
"""
_MOVE = """
UPDATE journal_marks SET up_to_xid = %s::text::xid8, up_to_position = %s WHERE number = %s
"""
_CONFIRM = "UPDATE journal_marks SET updated_at = now()"
_BEGIN_ANEW = """
UPDATE journal_marks SET number = 0, intended = 0, digest = '', updated_at = now()
"""
_EXCLUSIVELY = "SELECT pg_try_advisory_lock(hashtextextended('crm journal', 0))"
_RELEASE = "SELECT pg_advisory_unlock(hashtextextended('crm journal', 0))"


def hold(connection: Connection) -> bool:
    """Become the one process that writes the journal; False while another one is."""
    row = connection.execute(_EXCLUSIVELY).fetchone()
    return bool(row and row[0])


def release(connection: Connection) -> None:
    """Let another process write the journal."""
    connection.execute(_RELEASE)


def place(connection: Connection) -> Place:
    """Return up to where the event log is in the journal."""
    row = connection.execute(_PLACE).fetchone()
    return Place(*row) if row else Place()


def page(connection: Connection, after: Place, limit: int) -> tuple[list[Fact], Place]:
    """Return the next facts behind ``after``, and the place to read on from."""
    row = connection.execute(_END).fetchone()
    end: int = row[0] if row else after.xid
    facts: dict[str, Any] = {
        "xid": str(after.xid),
        "position": after.position,
        "end": str(end),
        "types": list(TYPES),
        "limit": limit,
    }
    rows = connection.execute(_PAGE, facts).fetchall()
    found = [Fact(*row[2:]) for row in rows]
    if len(rows) == limit:
        return found, Place(rows[-1][0], rows[-1][1])
    return found, max(after, Place(end, 0))


def intend(connection: Connection, number: int) -> None:
    """Say, before it is written, up to which line the journal is about to go."""
    connection.execute(_INTEND, (number, number))


def advance(connection: Connection, number: int, digest: bytes, place: Place) -> None:
    """Say that the journal is written up to a line, and the event log is in it up to a place."""
    facts = {"number": number, "digest": digest, "xid": str(place.xid), "position": place.position}
    connection.execute(_ADVANCE, facts)
    connection.execute(_JOURNALED, facts)


def move(connection: Connection, number: int, place: Place) -> None:
    """Say that up to a place the event log has nothing more for the journal."""
    connection.execute(_MOVE, (str(place.xid), place.position, number))


def confirm(connection: Connection) -> None:
    """Say that there is nothing to write, and that it could be written."""
    connection.execute(_CONFIRM)


def begin_anew(connection: Connection) -> None:
    """Forget the journal that was written so far; the next line is number 1 of a new one."""
    connection.execute(_BEGIN_ANEW)
