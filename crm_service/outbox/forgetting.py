"""Letting old months of the event log go: whole tables, never row by row.

As the worker role. What waits for the broker or in quarantine keeps its month; readers learn from
``dropped_events`` that something before their cursor is gone (``feed.read``).
"""

from datetime import datetime

from crm_service.db import Connection

_DROP = "SELECT crm_drop_old_events(make_interval(months => %s))"

#: Nobody can replay these any more, or will not be able to shortly.
_FORGET_UNROUTABLE = """
DELETE FROM unroutable_events WHERE recorded_at < now() - make_interval(months => %s)
"""

_OLDEST = "SELECT max(recorded_before) FROM dropped_events"


def drop_old_months(connection: Connection, *, months: int) -> list[str]:
    """Drop every month of the log that ended ``months`` ago or earlier; return their names.

    A month stays for now while an event of it is still to be published, while a reader keeps the
    log locked for more than a moment, or while more than 100,000 positions wait for the broker.
    ``connection`` commits by itself. ``months`` 0 keeps everything.
    """
    dropped: list[str] = []
    if months == 0:
        return dropped
    while (row := connection.execute(_DROP, (months,)).fetchone()) and row[0]:
        dropped.append(row[0])
    connection.execute(_FORGET_UNROUTABLE, (months,))
    return dropped


def complete_since(connection: Connection) -> datetime | None:
    """Return the time from which on the log holds every event; None where nothing was dropped."""
    row = connection.execute(_OLDEST).fetchone()
    return row[0] if row else None
