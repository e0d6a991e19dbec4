"""What the worker does about notices: reminding of those that are not confirmed (clause ws-05).

A notice that is open on the day after it was due is told again by ``recipient_notice.due.v1``, and
then every few days as the policy says, until the recipient confirmed or need not be told.
"""

from typing import Final

from prometheus_client import Gauge

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.outbox.service import LOG_NEW_EVENTS
from crm_service.subjects import turns

OPEN: Final = Gauge(
    "crm_recipient_notices_open",
    "Notices that recipients have not confirmed yet",
    multiprocess_mode="mostrecent",
)
OVERDUE: Final = Gauge(
    "crm_recipient_notices_overdue",
    "Notices that recipients have not confirmed in time",
    multiprocess_mode="mostrecent",
)

_OPEN = "acknowledged_at IS NULL AND dispensed_at IS NULL"

COUNT = f"""
SELECT count(*), count(*) FILTER (WHERE reminders > 0 OR remind_at <= %(now)s)
FROM recipient_notices WHERE {_OPEN}
"""  # noqa: S608 - constant text

FIND = f"""
SELECT id, controller_id, subject_id FROM recipient_notices
WHERE {_OPEN} AND remind_at <= %(now)s ORDER BY remind_at LIMIT 500
"""  # noqa: S608 - constant text

# Of several that were missed, while no worker ran, one is told.
_REMIND = f"""
WITH late AS (
    UPDATE recipient_notices SET reminders = reminders + 1,
        remind_at = CASE WHEN remind_at + remind_every > %(now)s::timestamptz THEN remind_at
            ELSE %(now)s::timestamptz END + remind_every
    WHERE id = %(id)s AND controller_id = %(controller_id)s AND {_OPEN} AND remind_at <= %(now)s
    RETURNING id, recipient_id, subject_id, cause, request_id, due_on, reminders
),
new_events AS (
    SELECT 1 AS n, 'recipient_notice.due.v1' AS type, late.subject_id,
        %(now)s::timestamptz AS occurred_at, coalesce(late.request_id, late.id) AS correlation,
        jsonb_strip_nulls(jsonb_build_object('notice_id', late.id, 'recipient', r.slug,
            'cause', late.cause, 'due_on', late.due_on, 'request_id', late.request_id,
            'reminder', late.reminders)) AS data
    FROM late JOIN recipients r ON r.id = late.recipient_id
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM logged
"""  # noqa: S608 - constant text


def remind(connection: Connection) -> int:
    """Remind of each notice whose time has come, once; return of how many.

    As ``turns.each``: the worker's, outside any transaction.
    """
    facts = {"now": utcnow()}
    reminded = turns.each(connection, FIND, _REMIND, facts)
    counted = connection.execute(COUNT, facts).fetchone()
    if counted is not None:
        OPEN.set(counted[0])
        OVERDUE.set(counted[1])
    return reminded
