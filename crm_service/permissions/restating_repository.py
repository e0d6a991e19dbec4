"""Set-based SQL that restates permissions; see ``repository`` for what an entry is."""

#: Restates rows of a preceding CTE ``rewritten``: their proof stays the entry that proves them.
_REWRITE = """
entries AS (
    INSERT INTO ledger_entries (controller_id, id, subject_id, address_key, channel, purpose,
        topic_id, basis, action, state, since, anchor_at, source, recorded_by, policy_version,
        correlation, proof_id)
    SELECT %(controller_id)s::uuid, gen_random_uuid(), subject_id, address_key, channel, purpose,
        topic_id, basis, action, state, since, anchor_at, 'service', %(recorded_by)s,
        %(policy_version)s::int, %(correlation)s::uuid, entry_id
    FROM rewritten
),
projected AS (
    INSERT INTO permissions (controller_id, address_key, channel, purpose, topic_id, basis,
        subject_id, state, since, anchor_at, entry_id)
    SELECT %(controller_id)s::uuid, address_key, channel, purpose, topic_id, basis,
        subject_id, state, since, anchor_at, entry_id
    FROM rewritten WHERE state <> 'none'
    ON CONFLICT (controller_id, address_key, channel, purpose, topic_id, basis) DO UPDATE
    SET state = excluded.state, since = excluded.since, anchor_at = excluded.anchor_at,
        entry_id = excluded.entry_id, subject_id = excluded.subject_id
)
SELECT count(*) FROM rewritten
"""

#: Moves the grants of an old address key to the new one of the same subject: nobody bears the old
#: address any more, so nothing may be sent to it; its links still find the subject. Without a new
#: key they end. Refusals are copied and stay, for another may share a number; one that stands on
#: the new key is never overwritten.
CARRY = f"""
WITH moved AS (
    DELETE FROM permissions
    WHERE controller_id = %(controller_id)s::uuid AND subject_id = %(subject_id)s::uuid
        AND address_key = %(old_key)s::uuid AND state IN ('granted', 'pending')
    RETURNING *
),
carried AS (
    SELECT * FROM moved
    UNION ALL
    SELECT * FROM permissions
    WHERE controller_id = %(controller_id)s::uuid AND subject_id = %(subject_id)s::uuid
        AND address_key = %(old_key)s::uuid AND state IN ('withdrawn', 'objected')
),
rewritten AS (
    SELECT m.subject_id, target.address_key, m.channel, m.purpose, m.topic_id, m.basis,
        'carried' AS action, CASE WHEN target.is_new THEN m.state ELSE 'none' END AS state,
        m.since, m.anchor_at, m.entry_id
    FROM carried m CROSS JOIN (
        VALUES (%(new_key)s::uuid, true), (%(old_key)s::uuid, false)
    ) AS target(address_key, is_new)
    WHERE target.address_key IS NOT NULL AND (target.is_new OR m.state IN ('granted', 'pending'))
    AND NOT EXISTS (
        SELECT FROM permissions p WHERE p.controller_id = %(controller_id)s::uuid
        AND target.is_new AND p.address_key = target.address_key
        AND p.channel = m.channel AND p.purpose = m.purpose
        AND p.topic_id IS NOT DISTINCT FROM m.topic_id AND p.basis = m.basis
        AND p.state IN ('withdrawn', 'objected'))
),
{_REWRITE}
"""  # noqa: S608 - constant text

#: Moves anchors earlier, never later.
REANCHOR = f"""
WITH moved AS (
    SELECT * FROM unnest(%(subject_ids)s::uuid[], %(anchors)s::timestamptz[])
        AS m(subject_id, anchor_at)
),
rewritten AS (
    SELECT p.subject_id, p.address_key, p.channel, p.purpose, p.topic_id, p.basis,
        'reanchored' AS action, p.state, p.since, m.anchor_at, p.entry_id
    FROM moved m
    JOIN permissions p ON p.controller_id = %(controller_id)s::uuid
        AND p.subject_id = m.subject_id AND p.anchor_at > m.anchor_at
),
{_REWRITE}
"""  # noqa: S608 - constant text

#: Ends what a sign-up asked for and nobody confirmed.
EXPIRE = f"""
WITH lapsed AS (
    DELETE FROM permissions
    WHERE controller_id = %(controller_id)s::uuid AND subject_id = %(subject_id)s::uuid
        AND basis = 'consent' AND state = 'pending' AND since = %(requested_at)s::timestamptz
    RETURNING *
),
rewritten AS (
    SELECT subject_id, address_key, channel, purpose, topic_id, basis, 'expired' AS action,
        'none' AS state, %(now)s::timestamptz AS since, anchor_at, entry_id
    FROM lapsed
),
{_REWRITE}
"""  # noqa: S608 - constant text
