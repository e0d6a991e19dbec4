"""Recording events in the transaction of the change they tell of (rule 25)."""

import uuid
from collections.abc import Sequence

import orjson

from crm_service import arrays
from crm_service.db import Connection
from crm_service.outbox.events import Event
from crm_service.outbox.express import EXPRESS
from crm_service.statements import Statement

#: CTEs that log a preceding CTE ``new_events(n, type, subject_id, occurred_at, correlation, data)``
#: in the order of ``n`` and put the positions into the outbox. For set-based statements; the
#: statement's own parameter ``controller_id`` is used.
LOG_NEW_EVENTS = f"""
logged AS (
    INSERT INTO events (controller_id, type, subject_id, occurred_at, correlation, data)
    SELECT %(controller_id)s::uuid, type, subject_id, occurred_at, correlation, data
    FROM new_events ORDER BY n
    RETURNING position, recorded_at, subject_id, type
),
pending AS (
    INSERT INTO outbox (position, recorded_at, controller_id, subject_id)
    SELECT position, recorded_at, %(controller_id)s::uuid, subject_id FROM logged
),
{EXPRESS}"""  # noqa: S608 - constant text

_RECORD = Statement(f"""
WITH new_events AS (
    SELECT type, subject_id, occurred_at, correlation, data::jsonb, n
    FROM unnest(%(types)s::text[], %(subject_ids)s::uuid[], %(moments)s::timestamptz[],
        %(correlations)s::uuid[], %(data)s::text[]) WITH ORDINALITY
        AS e(type, subject_id, occurred_at, correlation, data, n)
), {LOG_NEW_EVENTS}
SELECT count(*) FROM logged
""")  # noqa: S608 - constant text


_WITHHOLD = """
UPDATE events SET data = data - %(name)s
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])
    AND data ? %(name)s
"""


def record(connection: Connection, controller_id: uuid.UUID, events: Sequence[Event]) -> None:
    """Append ``events`` to the log and the outbox of the caller's transaction, in this order.

    The caller holds the locks of the subjects concerned (``subjects.service.lock``), so that a
    subject's positions increase in the order of its commits (rule 26).
    """
    if not events:
        return
    facts = {
        "controller_id": controller_id,
        "types": arrays.of_values([event.type for event in events]),
        "subject_ids": arrays.of_values([event.subject_id for event in events]),
        "moments": arrays.of_values([event.occurred_at for event in events]),
        "correlations": arrays.of_ids([event.correlation for event in events]),
        "data": arrays.of_values([orjson.dumps(event.data()).decode() for event in events]),
    }
    _RECORD.execute(connection, facts)


def withhold(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID], name: str
) -> int:
    """Take one fact out of every event about erased people; return of how many.

    Who reads them from now on, or again, no longer sees it; what consumers have, they have.
    """
    facts = {
        "controller_id": controller_id,
        "subject_ids": arrays.of_ids(subject_ids),
        "name": name,
    }
    return connection.execute(_WITHHOLD, facts).rowcount
