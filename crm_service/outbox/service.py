"""Recording events in the transaction of the change they tell of (rule 25)."""

import uuid
from collections.abc import Sequence

import orjson

from crm_service.db import Connection
from crm_service.outbox.events import Event

#: CTEs that log a preceding CTE ``new_events(n, type, subject_id, occurred_at, correlation, data)``
#: in the order of ``n`` and put the positions into the outbox. For set-based statements; the
#: statement's own parameter ``controller_id`` is used.
LOG_NEW_EVENTS = """
logged AS (
    INSERT INTO events (controller_id, type, subject_id, occurred_at, correlation, data)
    SELECT %(controller_id)s::uuid, type, subject_id, occurred_at, correlation, data
    FROM new_events ORDER BY n
    RETURNING position, recorded_at, subject_id
),
pending AS (
    INSERT INTO outbox (position, recorded_at, controller_id, subject_id)
    SELECT position, recorded_at, %(controller_id)s::uuid, subject_id FROM logged
)"""

_RECORD = f"""
WITH new_events AS (
    SELECT * FROM ROWS FROM (
        jsonb_to_recordset(%(events)s::jsonb)
        AS (type text, subject_id uuid, occurred_at timestamptz, correlation uuid, data jsonb)
    ) WITH ORDINALITY AS e(type, subject_id, occurred_at, correlation, data, n)
), {LOG_NEW_EVENTS}
SELECT count(*) FROM logged
"""  # noqa: S608 - constant text


_WITHHOLD = """
UPDATE events SET data = data - %(name)s
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s AND data ? %(name)s
"""


def record(connection: Connection, controller_id: uuid.UUID, events: Sequence[Event]) -> None:
    """Append ``events`` to the log and the outbox of the caller's transaction, in this order.

    The caller holds the locks of the subjects concerned (``subjects.service.lock``), so that a
    subject's positions increase in the order of its commits (rule 26).
    """
    if not events:
        return
    rows = [
        {
            "type": event.type,
            "subject_id": event.subject_id,
            "occurred_at": event.occurred_at,
            "correlation": event.correlation,
            "data": event.data(),
        }
        for event in events
    ]
    connection.execute(
        _RECORD, {"controller_id": controller_id, "events": orjson.dumps(rows).decode()}
    )


def withhold(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID, name: str
) -> int:
    """Take one fact out of every event about an erased person; return of how many.

    Who reads them from now on, or again, no longer sees it; what consumers have, they have.
    """
    facts = {"controller_id": controller_id, "subject_id": subject_id, "name": name}
    return connection.execute(_WITHHOLD, facts).rowcount
