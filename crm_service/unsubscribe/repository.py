"""The set-based SQL behind a click.

It runs right after ``subjects.LOCK_BY_ADDRESS_KEY`` in the same flush: the lock is a statement of
its own, so that the writing statement's snapshot is taken after the wait (rule 26).
"""

from crm_service.outbox.service import LOG_NEW_EVENTS
from crm_service.permissions.ending import END_PERMISSIONS, ENDED_EVENTS, ENDING
from crm_service.statements import Statement
from crm_service.subjects.service import LOCKED

#: Leaves a topic or all marketing. Returns one row: policy_is_current, subject_id, topic, changed.
#: Where the policy is not current or the subject is NULL nothing was written: reload, or create the
#: address, and call again. ``is_locked`` says that the caller holds the subject's lock by itself.
UNSUBSCRIBE = Statement(f"""
WITH ruling AS (
    SELECT max(version) = %(policy_version)s AS is_current
    FROM policy_versions WHERE controller_id = %(controller_id)s::uuid
        AND EXISTS (SELECT FROM controllers
                    WHERE id = %(controller_id)s::uuid AND closed_at IS NULL)
),
person AS (
    SELECT a.subject_id, a.kind FROM addresses a, ruling
    WHERE a.controller_id = %(controller_id)s::uuid
        AND a.address_key = %(address_key)s::uuid AND ruling.is_current
        AND (%(is_locked)s OR a.subject_id = {LOCKED})
),
aliases AS (
    SELECT a.address_key, a.subject_id, a.kind FROM person p
    JOIN addresses a ON a.controller_id = %(controller_id)s::uuid
        AND a.subject_id = p.subject_id AND a.kind = p.kind
),
aim AS (
    SELECT t.id AS topic_id, t.slug AS topic,
        CASE WHEN t.id IS NULL THEN %(marketing)s::text[] ELSE ARRAY[t.purpose] END AS purposes,
        CASE WHEN t.id IS NULL THEN 'marketing' ELSE 'topic' END AS scope
    FROM (VALUES (%(topic_ref)s::bigint)) AS link(topic_ref)
    LEFT JOIN topics t ON t.controller_id = %(controller_id)s::uuid
        AND t.link_ref = link.topic_ref AND t.archived_at IS NULL
),
blocked AS (
    INSERT INTO suppressions (controller_id, address_key, subject_id, kind, scope, topic_id,
        reason, source, correlation, suppressed_at)
    SELECT %(controller_id)s::uuid, a.address_key, a.subject_id, a.kind, aim.scope, aim.topic_id,
        'unsubscribe', %(source)s, %(correlation)s::uuid, %(occurred_at)s::timestamptz
    FROM aliases a, aim
    ON CONFLICT (controller_id, address_key, scope, topic_id, reason) WHERE lifted_at IS NULL
    DO NOTHING
    RETURNING id, address_key, subject_id
),
{ENDING},
{END_PERMISSIONS},
change AS (
    SELECT p.subject_id, aim.topic, aim.scope,
        (SELECT (%(bases)s::text[])[min(array_position(%(bases)s::text[], basis))]
         FROM ending_entries) AS basis
    FROM person p, aim
    WHERE EXISTS (SELECT FROM blocked) OR EXISTS (SELECT FROM ending_entries)
),
new_events AS (
    SELECT 0 AS n, 'contact.unsubscribed.v1' AS type, subject_id,
        %(occurred_at)s::timestamptz AS occurred_at, %(correlation)s::uuid AS correlation,
        jsonb_strip_nulls(jsonb_build_object('address_key', %(address_key)s::uuid,
            'channel', %(channel)s::text, 'topic', topic, 'scope', scope, 'basis', basis,
            'campaign', (SELECT name FROM campaigns c
                         WHERE c.controller_id = %(controller_id)s::uuid
                         AND c.link_ref = %(campaign_ref)s::bigint),
            'source', %(source)s::text)) AS data
    FROM change
    UNION ALL {ENDED_EVENTS}
    UNION ALL
    SELECT 2, 'suppression.added.v1', b.subject_id,
        %(occurred_at)s::timestamptz, %(correlation)s::uuid,
        jsonb_strip_nulls(jsonb_build_object('suppression_id', b.id,
            'address_key', b.address_key, 'scope', aim.scope, 'topic', aim.topic,
            'reason', 'unsubscribe', 'source', %(source)s::text))
    FROM blocked b, aim
),
{LOG_NEW_EVENTS},
audited AS (
    INSERT INTO audit_entries (controller_id, actor, action, subject_id, details)
    SELECT %(controller_id)s::uuid, %(recorded_by)s, 'unsubscribe.leave', subject_id,
        jsonb_build_object('correlation', %(correlation)s::uuid, 'scope', scope,
                           'source', %(source)s::text)
    FROM change
)
SELECT (SELECT is_current FROM ruling), (SELECT subject_id FROM person), aim.topic,
    EXISTS (SELECT FROM change)
FROM aim
""")  # noqa: S608 - constant text

IS_OPEN = "SELECT FROM controllers WHERE id = %s AND closed_at IS NULL"

CREATE_ADDRESS = """
INSERT INTO addresses (controller_id, address_key, subject_id, kind)
VALUES (%(controller_id)s, %(address_key)s, gen_random_uuid(), %(kind)s)
ON CONFLICT (controller_id, address_key) DO NOTHING
"""
