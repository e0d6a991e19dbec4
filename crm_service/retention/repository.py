"""SQL of what the job does. ``ids`` are rows that were found due under their subjects' locks."""

from collections.abc import Sequence

from crm_service.outbox.service import LOG_NEW_EVENTS

_OURS = "controller_id = %(controller_id)s AND id = ANY (%(ids)s::uuid[])"

DELETE_INTERACTIONS = f"DELETE FROM interactions WHERE {_OURS}"  # noqa: S608 - constant text
DELETE_CONTRACTS = f"DELETE FROM contracts WHERE {_OURS}"  # noqa: S608 - constant text

DELETE_EMPTY_CASES = """
DELETE FROM cases k
WHERE k.controller_id = %(controller_id)s AND k.subject_id = ANY (%(subjects)s::uuid[])
    AND k.closed_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM interactions i WHERE i.case_id = k.id)
"""

RECORDS = f"""
SELECT id, record_system, record_id, purpose FROM interactions
WHERE {_OURS} AND record_id IS NOT NULL ORDER BY occurred_at, id
"""  # noqa: S608 - constant text

_COUNT = f"""
INSERT INTO retention_totals AS t (controller_id, category, year, records)
SELECT controller_id, {{category}}, extract(year FROM {{at}})::int, count(*)
FROM {{table}} WHERE {_OURS}
GROUP BY 1, 2, 3 ORDER BY 2, 3
ON CONFLICT (controller_id, category, year) DO UPDATE SET records = t.records + excluded.records
"""  # noqa: S608 - constant text
COUNT_INTERACTIONS = _COUNT.format(
    table="interactions",
    category="category",
    at="coalesce(occurred_at, recorded_at) AT TIME ZONE %(timezone)s",
)
COUNT_CONTRACTS = _COUNT.format(
    table="contracts", category="category", at="coalesce(ended_on, signed_on)"
)
COUNT_CONTACTS = _COUNT.format(
    table="contacts", category="'contact'", at="added_at AT TIME ZONE %(timezone)s"
)

TOTALS = """
SELECT category, year, records FROM retention_totals WHERE controller_id = %(controller_id)s
ORDER BY category, year
"""

CLEAR_ATTRIBUTES = f"""
WITH cleared AS (
    UPDATE contacts SET attributes = attributes - %(names)s::text[], version = version + 1,
        updated_at = %(now)s
    WHERE {_OURS} RETURNING id
),
new_events AS (
    SELECT row_number() OVER () AS n, 'contact.updated.v1' AS type, id AS subject_id,
        %(now)s::timestamptz AS occurred_at, %(correlation)s::uuid AS correlation,
        '{{"fields": ["attributes"], "source": "retention"}}'::jsonb AS data
    FROM cleared
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM cleared
"""  # noqa: S608 - constant text

#: Events are found by both columns of their key, so that each is looked up in its month.
_EVENTS = """unnest(%(ids)s::uuid[], %(places)s::timestamptz[]) AS due(id, recorded_at)
WHERE e.controller_id = %(controller_id)s AND e.id = due.id AND e.recorded_at = due.recorded_at"""

DELETE_ENGAGEMENT = f"DELETE FROM engagement_events e USING {_EVENTS}"  # noqa: S608 - constant text

DELETE_RAW = """
DELETE FROM engagement_raw
WHERE controller_id = %(controller_id)s AND event_id = ANY (%(ids)s::uuid[])
"""

COUNT_ENGAGEMENT = f"""
INSERT INTO engagement_totals AS t
    (controller_id, campaign, topic, type, bounce, machine, events, people)
SELECT e.controller_id, e.campaign, e.topic, e.type, e.bounce, e.machine, count(*),
    count(DISTINCT e.address_key)
FROM engagement_events e, {_EVENTS} AND (e.campaign IS NOT NULL OR e.topic IS NOT NULL)
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 2, 3, 4, 5, 6
ON CONFLICT ON CONSTRAINT uq_engagement_totals
DO UPDATE SET events = t.events + excluded.events, people = t.people + excluded.people
"""  # noqa: S608 - constant text

#: Locks that somebody else holds are not waited for: who is busy is done the next time.
TRY_LOCKS = """
SELECT id FROM (SELECT unnest(%(subjects)s::uuid[]) AS id ORDER BY 1) AS sorted
WHERE pg_try_advisory_xact_lock(uuid_hash_extended(id, 0))
"""


def clear_interactions(fields: Sequence[str]) -> str:
    """Return the statement that takes fields away; they are of the policy's closed list."""
    changes = [f"{name} = NULL" for name in fields]
    if "occurred_at" in fields:
        year = "date_trunc('year', recorded_at AT TIME ZONE %(timezone)s)"
        changes.append(f"recorded_at = {year} AT TIME ZONE %(timezone)s")
    return f"UPDATE interactions SET {', '.join(changes)} WHERE {_OURS}"  # noqa: S608 - as above


def clear_engagement(fields: Sequence[str]) -> str:
    """Return the statement that takes fields of events away."""
    changes = ", ".join(f"{name} = NULL" for name in fields)
    return f"UPDATE engagement_events e SET {changes} FROM {_EVENTS}"  # noqa: S608 - as above
