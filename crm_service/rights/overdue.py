"""What the worker does about requests: announcing those that are overdue, counting the open."""

from typing import Final

from prometheus_client import Gauge

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.outbox.service import LOG_NEW_EVENTS
from crm_service.subjects import turns

OPEN: Final = Gauge(
    "crm_rights_requests_open", "Rights requests not decided yet", multiprocess_mode="mostrecent"
)
OVERDUE: Final = Gauge(
    "crm_rights_requests_overdue",
    "Rights requests not decided in time",
    multiprocess_mode="mostrecent",
)

_UNDECIDED = "status IN ('received', 'identity', 'in_progress')"
_LATE = f"{_UNDECIDED} AND clock_stopped_at IS NULL AND ends_at <= %(now)s::timestamptz"

_COUNT = f"""
SELECT count(*), count(*) FILTER (WHERE {_LATE}) FROM rights_requests WHERE {_UNDECIDED}
"""  # noqa: S608 - constant text

_FIND = f"""
SELECT id, controller_id, subject_id FROM rights_requests
WHERE {_LATE} AND overdue_at IS NULL ORDER BY ends_at LIMIT 500
"""  # noqa: S608 - constant text

_ANNOUNCE = f"""
WITH late AS (
    UPDATE rights_requests SET overdue_at = %(now)s::timestamptz
    WHERE id = %(id)s AND controller_id = %(controller_id)s AND {_LATE} AND overdue_at IS NULL
    RETURNING id, subject_id, kind, due_on
),
new_events AS (
    SELECT 1 AS n, 'rights_request.overdue.v1' AS type, subject_id,
        %(now)s::timestamptz AS occurred_at, id AS correlation,
        jsonb_build_object('request_id', id, 'kind', kind, 'due_on', due_on) AS data
    FROM late
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM logged
"""  # noqa: S608 - constant text


def announce(connection: Connection) -> int:
    """Announce each request that has become overdue, once; return how many.

    As ``turns.each``: the worker's, outside any transaction.
    """
    facts = {"now": utcnow()}
    announced = turns.each(connection, _FIND, _ANNOUNCE, facts)
    counted = connection.execute(_COUNT, facts).fetchone()
    if counted is not None:
        OPEN.set(counted[0])
        OVERDUE.set(counted[1])
    return announced
