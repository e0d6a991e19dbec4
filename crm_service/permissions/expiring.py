"""Writing down that terms ended: the ledger says so, and ``consent.expired.v1`` tells of it.

The projection stays as it is. Whether a permission holds is evaluated when it is read (rule 20),
so the verdict was a no before and is the same no afterwards: ``term_ended``.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.outbox.service import LOG_NEW_EVENTS

#: In a statement: whether the end of the permission ``p`` is not in the ledger yet.
UNTOLD = """NOT EXISTS (
    SELECT FROM ledger_entries told
    WHERE told.controller_id = p.controller_id AND told.subject_id = p.subject_id
        AND told.action = 'expired' AND told.proof_id = p.entry_id)"""

_EXPIRE = f"""
WITH ended AS (
    SELECT p.*, t.slug AS topic, given.at, gen_random_uuid() AS id
    FROM unnest(%(entries)s::uuid[], %(subjects)s::uuid[], %(moments)s::timestamptz[])
        AS given(entry_id, subject_id, at)
    JOIN permissions p ON p.controller_id = %(controller_id)s::uuid
        AND p.subject_id = given.subject_id AND p.entry_id = given.entry_id
    LEFT JOIN topics t ON t.id = p.topic_id
    WHERE p.state = 'granted' AND {UNTOLD}
),
entries AS (
    INSERT INTO ledger_entries (controller_id, id, subject_id, address_key, channel, purpose,
        topic_id, basis, action, state, since, anchor_at, source, recorded_by, policy_version,
        correlation, proof_id)
    SELECT controller_id, id, subject_id, address_key, channel, purpose, topic_id, basis,
        'expired', state, since, anchor_at, 'service', %(recorded_by)s, %(policy_version)s::int,
        %(correlation)s::uuid, entry_id
    FROM ended
),
new_events AS (
    SELECT row_number() OVER (ORDER BY at) AS n, 'consent.expired.v1' AS type, subject_id,
        at AS occurred_at, %(correlation)s::uuid AS correlation,
        jsonb_strip_nulls(jsonb_build_object('address_key', address_key, 'channel', channel,
            'purpose', purpose, 'topic', topic, 'basis', basis, 'source', 'service',
            'entry_id', id)) AS data
    FROM ended
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM ended
"""  # noqa: S608 - constant text


def expire(connection: Connection, facts: dict[str, Any]) -> int:
    """Record the end of each permission once; return of how many.

    ``facts``: controller_id, and for each permission its entry (``entries``), subject
    (``subjects``) and the end of its term (``moments``); recorded_by and policy_version. The
    caller holds the locks of the subjects.
    """
    entries: Sequence[uuid.UUID] = facts["entries"]
    if not entries:
        return 0
    row = connection.execute(_EXPIRE, {**facts, "correlation": uuid.uuid4()}).fetchone()
    return int(row[0]) if row else 0
