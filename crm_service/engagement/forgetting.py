"""What the worker forgets: raw parts whose term is over, and which events came long ago."""

from threading import Event

from crm_service.db import Connection

#: Providers repeat events for days; somebody who sends a whole year's again is still understood.
REMEMBERED = "400 days"

#: Few enough that nobody waits for their locks or the log they write.
CHUNK = 10_000

_FORGET = (
    """DELETE FROM engagement_raw WHERE event_id = ANY (ARRAY(
        SELECT event_id FROM engagement_raw WHERE expires_on < current_date LIMIT %(chunk)s))""",
    """DELETE FROM engagement_seen WHERE digest = ANY (ARRAY(
        SELECT digest FROM engagement_seen
        WHERE seen_on < current_date - %(remembered)s::interval LIMIT %(chunk)s))""",
)


def forget_expired(connection: Connection, stop: Event) -> int:
    """Delete it, whoever's it is (as the worker), in small transactions; return how many rows."""
    forgotten = 0
    for statement in _FORGET:
        deleted = CHUNK
        while deleted == CHUNK and not stop.is_set():
            facts = {"chunk": CHUNK, "remembered": REMEMBERED}
            deleted = connection.execute(statement, facts).rowcount
            forgotten += deleted
    return forgotten
