"""Set-based SQL over the ledger and its projection.

The projection is the last ledger entry a key (address key, channel, purpose, topic, basis): every
entry states its whole resulting row, and writers of one subject are serialized, so that
``REBUILD`` gives exactly what the incremental writes have left.
"""

from crm_service.outbox.service import LOG_NEW_EVENTS
from crm_service.permissions.ending import END_PERMISSIONS, ENDED_EVENTS, ENDING

#: Grants, set-based. Parameter ``rows``: JSON array of objects as read below; no two rows may name
#: the same key. Each row's outcome: ``recorded``; ``unchanged`` (a newer or identical grant on this
#: basis stands, or any where this is a mere request); ``refused`` (the person ended it, and this is
#: no consent given afterwards). A request never takes the place of a refusal: anybody may fill in a
#: form. It is on record with the refusal's state until it is confirmed. Consent that repeats the
#: time of its request holds from now, its confirmation. ``OFFSET 0`` keeps look-ups by key what
#: they are, however little the planner knows of a controller's share of a table.
RECORD_GRANTS = f"""
WITH given AS (
    SELECT * FROM ROWS FROM (
        jsonb_to_recordset(%(rows)s::jsonb) AS (
            entry_id uuid, subject_id uuid, address_key uuid, channel text, purpose text,
            topic_id uuid, topic text, basis text, state text, since timestamptz,
            anchor_at timestamptz, source text, salt text, evidence text, evidence_sha256 text)
    ) WITH ORDINALITY AS g (
        entry_id, subject_id, address_key, channel, purpose, topic_id, topic, basis, state, since,
        anchor_at, source, salt, evidence, evidence_sha256, n)
),
standing AS (
    SELECT g.n,
        bool_or(CASE
            WHEN g.state = 'pending' AND p.state = 'granted' THEN true
            WHEN g.state = 'granted' AND p.state <> 'granted' THEN false
            ELSE NOT p.is_refusal AND p.since > g.since
                OR e.evidence = g.evidence AND (g.basis = 'consent' OR p.since = g.since)
            END) FILTER (WHERE p.is_own) AS same,
        max(CASE WHEN p.state = 'pending' THEN p.since
                 WHEN p.state IN ('withdrawn', 'objected')
                 THEN (e.evidence::jsonb ->> 'occurred_at')::timestamptz
            END) FILTER (WHERE p.is_own) AS requested_at,
        max(p.state) FILTER (WHERE p.is_own AND p.is_refusal) AS refusal,
        max(p.since) FILTER (WHERE p.is_own AND p.is_refusal) AS refused_at,
        max(p.since) FILTER (WHERE p.is_refusal) AS ended_at,
        min(p.anchor_at) FILTER (WHERE p.is_own) AS anchor_at
    FROM given g
    LEFT JOIN LATERAL (
        SELECT *, state IN ('withdrawn', 'objected') AS is_refusal,
            topic_id IS NOT DISTINCT FROM g.topic_id AND basis = g.basis AS is_own
        FROM permissions
        WHERE controller_id = %(controller_id)s::uuid AND address_key = g.address_key
            AND channel = g.channel AND purpose = g.purpose
            AND (topic_id IS NOT DISTINCT FROM g.topic_id OR topic_id IS NULL)
        OFFSET 0
    ) p ON true
    LEFT JOIN LATERAL (
        SELECT evidence FROM ledger_evidence WHERE entry_id = p.entry_id OFFSET 0
    ) e ON true
    GROUP BY g.n
),
judged AS (
    SELECT g.n, g.entry_id, g.subject_id, g.address_key, g.channel, g.purpose, g.topic_id, g.topic,
        g.basis, g.source, g.salt, g.evidence, g.evidence_sha256, g.state AS given_state,
        least(g.anchor_at, s.anchor_at) AS anchor_at,
        CASE WHEN g.state = 'pending' THEN coalesce(s.refusal, g.state) ELSE g.state END AS state,
        CASE WHEN g.state = 'pending' THEN coalesce(s.refused_at, g.since)
             WHEN g.basis = 'consent' AND g.since = s.requested_at THEN %(now)s::timestamptz
             ELSE g.since END AS since,
        CASE
            WHEN s.ended_at IS NOT NULL AND (g.basis <> 'consent' OR g.since <= s.ended_at)
                THEN 'refused'
            WHEN s.same THEN 'unchanged'
            ELSE 'recorded'
        END AS outcome,
        CASE
            WHEN g.state = 'pending' THEN 'requested'
            WHEN g.basis = 'consent' AND g.since >= s.requested_at THEN 'confirmed'
            ELSE 'granted'
        END AS action
    FROM given g JOIN standing s USING (n)
),
entries AS (
    INSERT INTO ledger_entries (controller_id, id, subject_id, address_key, channel, purpose,
        topic_id, basis, action, state, since, anchor_at, source, recorded_by, policy_version,
        correlation, proof_id, evidence_sha256)
    SELECT %(controller_id)s::uuid, entry_id, subject_id, address_key, channel, purpose,
        topic_id, basis, action, state, since, anchor_at, source, %(recorded_by)s,
        %(policy_version)s::int, %(correlation)s::uuid, entry_id, decode(evidence_sha256, 'hex')
    FROM judged WHERE outcome = 'recorded' ORDER BY n
    RETURNING id
),
proofs AS (
    INSERT INTO ledger_evidence (controller_id, entry_id, subject_id, salt, evidence)
    SELECT %(controller_id)s::uuid, entry_id, subject_id, decode(salt, 'hex'), evidence
    FROM judged WHERE outcome = 'recorded'
),
projected AS (
    INSERT INTO permissions (controller_id, address_key, channel, purpose, topic_id, basis,
        subject_id, state, since, anchor_at, entry_id)
    SELECT %(controller_id)s::uuid, address_key, channel, purpose, topic_id, basis,
        subject_id, state, since, anchor_at, entry_id
    FROM judged WHERE outcome = 'recorded'
    ON CONFLICT (controller_id, address_key, channel, purpose, topic_id, basis) DO UPDATE
    SET state = excluded.state, since = excluded.since, anchor_at = excluded.anchor_at,
        entry_id = excluded.entry_id, subject_id = excluded.subject_id
),
new_events AS (
    SELECT n,
        CASE WHEN basis <> 'consent' THEN 'legal_basis.recorded.v1'
             WHEN action = 'confirmed' THEN 'consent.confirmed.v1'
             ELSE 'consent.granted.v1' END AS type,
        subject_id, %(now)s::timestamptz AS occurred_at, %(correlation)s::uuid AS correlation,
        jsonb_strip_nulls(jsonb_build_object('address_key', address_key, 'channel', channel,
            'purpose', purpose, 'topic', topic, 'basis', basis, 'source', source,
            'entry_id', entry_id)) AS data
    FROM judged WHERE outcome = 'recorded' AND given_state = 'granted'
),
{LOG_NEW_EVENTS}
SELECT n, outcome, action FROM judged ORDER BY n
"""  # noqa: S608 - constant text

#: Ends every basis for one target of one address; records the refusal itself where nothing stood at
#: the very target, so that it stands against grants to come. A refusal by a click is stated anew:
#: that click can be undone, and the statement must outlive it (rule 14).
END = f"""
WITH aliases AS (
    SELECT a.address_key, a.subject_id FROM addresses a
    JOIN addresses named ON named.controller_id = a.controller_id
        AND named.subject_id = a.subject_id AND named.kind = a.kind
    WHERE a.controller_id = %(controller_id)s::uuid
        AND named.address_key = %(address_key)s::uuid
),
aim AS (
    SELECT %(topic_id)s::uuid AS topic_id, %(topic)s::text AS topic,
        ARRAY[%(purpose)s::text] AS purposes
),
{ENDING.replace("ending AS", "standing_bases AS", 1)},
ending AS (
    SELECT subject_id, address_key, channel, purpose, topic_id, topic, basis,
        CASE WHEN basis = %(basis)s THEN %(state)s ELSE state END AS state, stood_since, anchor_at
    FROM standing_bases
    UNION ALL
    SELECT %(subject_id)s::uuid, a.address_key, %(channel)s, %(purpose)s, %(topic_id)s::uuid,
        %(topic)s, %(basis)s, %(state)s, own.since, least(own.anchor_at, %(anchor_at)s::timestamptz)
    FROM aliases a
    LEFT JOIN permissions own ON own.controller_id = %(controller_id)s::uuid
        AND own.address_key = a.address_key AND own.channel = %(channel)s
        AND own.purpose = %(purpose)s AND own.topic_id IS NOT DISTINCT FROM %(topic_id)s::uuid
        AND own.basis = %(basis)s
    WHERE a.address_key = %(address_key)s::uuid AND NOT EXISTS (
        SELECT FROM standing_bases b WHERE b.address_key = a.address_key
        AND b.topic_id IS NOT DISTINCT FROM %(topic_id)s::uuid
    ) AND NOT EXISTS (
        SELECT FROM permissions p WHERE p.controller_id = %(controller_id)s::uuid
        AND p.address_key = a.address_key AND p.channel = %(channel)s
        AND p.purpose = %(purpose)s AND p.topic_id IS NOT DISTINCT FROM %(topic_id)s::uuid
        AND p.state IN ('withdrawn', 'objected') AND NOT EXISTS (
            SELECT FROM ledger_entries click
            WHERE click.controller_id = %(controller_id)s::uuid
                AND click.subject_id = p.subject_id AND click.id = p.entry_id
                AND click.recorded_by = 'recipient')
    )
),
{END_PERMISSIONS},
new_events AS ({ENDED_EVENTS}),
{LOG_NEW_EVENTS}
SELECT entry_id FROM ending_entries
"""  # noqa: S608 - constant text
