"""The set-based SQL that takes one click back; runs right after the subject's lock."""

from crm_service.outbox.service import LOG_NEW_EVENTS
from crm_service.subjects.service import LOCKED

#: Takes back exactly one click: what it blocked and what it ended, as its own ledger entries, at
#: the address that the contact bears now; a former one is left without any. Never over a complaint,
#: a bounce, an erasure, a refusal stated after the click, or a block set again by somebody else
#: (rule 14).
UNDO = f"""
WITH person AS (
    SELECT subject_id, kind FROM addresses
    WHERE controller_id = %(controller_id)s::uuid AND address_key = %(address_key)s::uuid
        AND subject_id = {LOCKED}
),
clicked AS (
    SELECT min(e.recorded_at) AS at, min(e.position) AS position
    FROM events e JOIN person p USING (subject_id)
    WHERE e.controller_id = %(controller_id)s::uuid AND e.correlation = %(correlation)s::uuid
),
taken AS (
    SELECT s.scope, s.topic_id FROM suppressions s JOIN person p USING (subject_id)
    WHERE s.controller_id = %(controller_id)s::uuid AND s.correlation = %(correlation)s::uuid
    UNION ALL
    SELECT 'topic', l.topic_id FROM ledger_entries l JOIN person p USING (subject_id)
    WHERE l.controller_id = %(controller_id)s::uuid AND l.correlation = %(correlation)s::uuid
),
barrier AS (
    SELECT FROM suppressions s JOIN person p USING (subject_id, kind)
    JOIN addresses a ON a.controller_id = s.controller_id AND a.address_key = s.address_key
    WHERE s.controller_id = %(controller_id)s::uuid AND s.lifted_at IS NULL
        AND s.correlation <> %(correlation)s::uuid
        AND (s.reason IN ('complaint', 'erasure', 'objection')
             OR s.reason IN ('hard_bounce', 'invalid')
             AND (a.is_current OR a.address_key = %(address_key)s::uuid))
    UNION ALL
    SELECT FROM suppressions s JOIN person p USING (subject_id)
    WHERE s.controller_id = %(controller_id)s::uuid AND s.correlation = %(correlation)s::uuid
        AND s.restated_at IS NOT NULL
    UNION ALL
    SELECT FROM ledger_entries l JOIN person p USING (subject_id), clicked
    WHERE l.controller_id = %(controller_id)s::uuid AND l.recorded_at >= clicked.at
        AND l.correlation <> %(correlation)s::uuid AND l.recorded_by <> 'recipient'
        AND l.action IN ('withdrawn', 'objected') AND l.channel = %(channel)s
        AND (l.topic_id IS NULL OR EXISTS (
            SELECT FROM taken WHERE taken.topic_id = l.topic_id OR taken.scope = 'marketing'))
    UNION ALL
    SELECT FROM events e JOIN person p USING (subject_id), clicked
    WHERE e.controller_id = %(controller_id)s::uuid AND e.position > clicked.position
        AND e.type = 'contact.erased.v1'
),
lifted AS (
    UPDATE suppressions s SET lifted_at = %(now)s::timestamptz, lifted_by = 'recipient',
        lift_justification = 'undo'
    FROM person p
    WHERE s.controller_id = %(controller_id)s::uuid AND s.subject_id = p.subject_id
        AND s.correlation = %(correlation)s::uuid AND s.reason IN ('unsubscribe', 'pause')
        AND s.lifted_at IS NULL AND NOT EXISTS (SELECT FROM barrier)
    RETURNING s.id, s.address_key, s.subject_id, s.scope, s.topic_id, s.reason
),
rewritten AS (
    SELECT e.subject_id, current.address_key, e.channel, e.purpose, e.topic_id, e.basis,
        CASE WHEN borne.is_current THEN coalesce(prior.state, 'none') ELSE 'none' END AS state,
        coalesce(prior.since, e.since) AS since,
        least(prior.anchor_at, current.anchor_at) AS anchor_at,
        coalesce(prior.proof_id, e.id) AS proof_id
    FROM person p
    JOIN ledger_entries e ON e.controller_id = %(controller_id)s::uuid
        AND e.subject_id = p.subject_id AND e.correlation = %(correlation)s::uuid
        AND e.action IN ('withdrawn', 'objected')
    JOIN permissions current ON current.entry_id = e.id
        AND current.controller_id = e.controller_id AND current.subject_id = e.subject_id
    JOIN addresses borne ON borne.controller_id = current.controller_id
        AND borne.address_key = current.address_key
    LEFT JOIN LATERAL (
        SELECT l.state, l.since, l.anchor_at, l.proof_id FROM ledger_entries l
        WHERE l.controller_id = e.controller_id AND l.subject_id = e.subject_id
            AND l.position < e.position AND l.address_key = e.address_key
            AND l.channel = e.channel AND l.purpose = e.purpose AND l.basis = e.basis
            AND l.topic_id IS NOT DISTINCT FROM e.topic_id
        ORDER BY l.position DESC LIMIT 1
    ) prior ON true
    WHERE NOT EXISTS (SELECT FROM barrier)
),
entries AS (
    INSERT INTO ledger_entries (controller_id, id, subject_id, address_key, channel, purpose,
        topic_id, basis, action, state, since, anchor_at, source, recorded_by, policy_version,
        correlation, proof_id)
    SELECT %(controller_id)s::uuid, gen_random_uuid(), subject_id, address_key, channel, purpose,
        topic_id, basis, 'restored', state, since, anchor_at, 'undo', 'recipient',
        (SELECT max(version) FROM policy_versions
         WHERE controller_id = %(controller_id)s::uuid), %(undo_correlation)s::uuid, proof_id
    FROM rewritten
),
forgotten AS (
    DELETE FROM permissions p USING rewritten r
    WHERE r.state = 'none' AND p.controller_id = %(controller_id)s::uuid
        AND p.address_key = r.address_key AND p.channel = r.channel AND p.purpose = r.purpose
        AND p.topic_id IS NOT DISTINCT FROM r.topic_id AND p.basis = r.basis
),
restored AS (
    UPDATE permissions p
    SET state = r.state, since = r.since, anchor_at = r.anchor_at, entry_id = r.proof_id
    FROM rewritten r
    WHERE r.state <> 'none' AND p.controller_id = %(controller_id)s::uuid
        AND p.address_key = r.address_key AND p.channel = r.channel AND p.purpose = r.purpose
        AND p.topic_id IS NOT DISTINCT FROM r.topic_id AND p.basis = r.basis
),
change AS (
    SELECT subject_id FROM person
    WHERE EXISTS (SELECT FROM lifted) OR EXISTS (SELECT FROM rewritten)
),
named AS (
    SELECT l.*, t.slug AS topic FROM lifted l LEFT JOIN topics t ON t.id = l.topic_id
),
new_events AS (
    SELECT 0 AS n, 'contact.resubscribed.v1' AS type, subject_id,
        %(now)s::timestamptz AS occurred_at, %(undo_correlation)s::uuid AS correlation,
        jsonb_strip_nulls(jsonb_build_object('address_key', %(address_key)s::uuid,
            'channel', %(channel)s::text, 'topic', (SELECT min(topic) FROM named),
            'scope', coalesce((SELECT min(scope) FROM named), 'topic'), 'source', 'undo')) AS data
    FROM change
    WHERE EXISTS (SELECT FROM rewritten) OR EXISTS (SELECT FROM lifted WHERE reason <> 'pause')
    UNION ALL
    SELECT row_number() OVER (), 'suppression.lifted.v1', subject_id, %(now)s::timestamptz,
        %(undo_correlation)s::uuid,
        jsonb_strip_nulls(jsonb_build_object('suppression_id', id, 'address_key', address_key,
            'scope', scope, 'topic', topic, 'reason', reason, 'source', 'undo'))
    FROM named
),
{LOG_NEW_EVENTS},
audited AS (
    INSERT INTO audit_entries (controller_id, actor, action, subject_id, details)
    SELECT %(controller_id)s::uuid, 'recipient', 'unsubscribe.undo', subject_id,
        jsonb_build_object('correlation', %(undo_correlation)s::uuid,
                           'undoes', %(correlation)s::uuid)
    FROM change
)
SELECT EXISTS (SELECT FROM change)
"""  # noqa: S608 - constant text
