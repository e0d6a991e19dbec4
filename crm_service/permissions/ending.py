"""CTEs that end permissions: for the permissions room and for the unsubscribe statement.

A withdrawal or an objection ends every basis for its topic and channel (rule 16, GDPR Art. 7(3) and
21(3)): the topic's own permissions, and at the topic those that it inherits from its purpose. Where
the aim is a whole purpose, everything inside it ends.
"""

#: What ends. Needs CTEs ``aliases(address_key, subject_id)`` and one row of ``aim(topic_id, topic,
#: purposes)`` (topic_id NULL: these whole purposes), and the parameters ``channel`` and
#: ``inheriting`` (text[] of "purpose basis" pairs that a topic inherits).
ENDING = """
standing AS MATERIALIZED (
    SELECT p.subject_id, p.address_key, p.channel, p.purpose, p.topic_id, p.basis, p.state,
        p.since, p.anchor_at
    FROM permissions p, aim
    WHERE p.controller_id = %(controller_id)s::uuid
        AND p.address_key IN (SELECT address_key FROM aliases)
        AND p.channel = %(channel)s AND p.purpose = ANY (aim.purposes)
),
ending AS (
    SELECT s.subject_id, s.address_key, s.channel, s.purpose,
        coalesce(aim.topic_id, s.topic_id) AS topic_id,
        CASE WHEN aim.topic_id IS NULL
             THEN (SELECT t.slug FROM topics t WHERE t.id = s.topic_id)
             ELSE aim.topic END AS topic,
        s.basis, CASE s.basis WHEN 'consent' THEN 'withdrawn' ELSE 'objected' END AS state,
        s.since AS stood_since, s.anchor_at
    FROM standing s, aim
    WHERE s.state IN ('granted', 'pending') AND (
        aim.topic_id IS NULL OR s.topic_id = aim.topic_id
        OR s.topic_id IS NULL AND s.purpose || ' ' || s.basis = ANY (%(inheriting)s::text[])
            AND NOT EXISTS (
                SELECT FROM standing own
                WHERE own.topic_id = aim.topic_id AND own.basis = s.basis
                    AND own.address_key = s.address_key AND own.purpose = s.purpose
                    -- A refusal older than an inherited consent does not end that consent yet.
                    AND (own.state IN ('granted', 'pending') OR s.basis <> 'consent'
                         OR own.since >= s.since)))
)"""

#: CTE ``ended``: writes the ledger entries and the projection for the rows of a preceding CTE
#: ``ending(subject_id, address_key, channel, purpose, topic_id, topic, basis, state,
#: stood_since, anchor_at)``; ``ending_entries`` repeats them with their ``entry_id``. What ends is
#: never dated before it began: else its own evidence, sent again, would count as given afterwards.
END_PERMISSIONS = """
ending_entries AS MATERIALIZED (
    SELECT *, gen_random_uuid() AS entry_id,
        greatest(%(occurred_at)s::timestamptz, stood_since) AS since
    FROM ending
),
ended AS (
    INSERT INTO ledger_entries (controller_id, id, subject_id, address_key, channel, purpose,
        topic_id, basis, action, state, since, anchor_at, source, recorded_by, policy_version,
        correlation, proof_id)
    SELECT %(controller_id)s::uuid, entry_id, subject_id, address_key, channel, purpose,
        topic_id, basis, state, state, since, anchor_at, %(source)s,
        %(recorded_by)s, %(policy_version)s::int, %(correlation)s::uuid, entry_id
    FROM ending_entries
),
ended_projection AS (
    INSERT INTO permissions (controller_id, address_key, channel, purpose, topic_id, basis,
        subject_id, state, since, anchor_at, entry_id)
    SELECT %(controller_id)s::uuid, address_key, channel, purpose, topic_id, basis, subject_id,
        state, since, anchor_at, entry_id
    FROM ending_entries
    ON CONFLICT (controller_id, address_key, channel, purpose, topic_id, basis) DO UPDATE
    SET state = excluded.state, since = excluded.since, anchor_at = excluded.anchor_at,
        entry_id = excluded.entry_id, subject_id = excluded.subject_id
)"""

#: One event an ended permission, for use inside ``new_events``; ``n`` is 1.
ENDED_EVENTS = """
    SELECT 1 AS n,
        CASE WHEN state = 'withdrawn' AND basis = 'consent' THEN 'consent.withdrawn.v1'
             ELSE 'objection.recorded.v1' END AS type,
        subject_id, %(occurred_at)s::timestamptz AS occurred_at,
        %(correlation)s::uuid AS correlation,
        jsonb_strip_nulls(jsonb_build_object('address_key', address_key, 'channel', channel,
            'purpose', purpose, 'topic', topic, 'basis', basis, 'source', %(source)s::text,
            'entry_id', entry_id)) AS data
    FROM ending_entries"""
