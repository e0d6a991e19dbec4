"""Set-based SQL for lists of blocks: thousands in a statement.

``LATERAL … LIMIT 1`` keeps the planner at one index look-up a block, however large tables grow
while a list is imported.
"""

from crm_service.outbox.service import LOG_NEW_EVENTS

#: What many blocks of a list share stands once. ``data`` is that part of their events.
_TERMS = """
terms AS MATERIALIZED (
    SELECT * FROM ROWS FROM (jsonb_to_recordset(%(terms)s::jsonb) AS (
        kind text, scope text, topic_id uuid, reason text, source text, data jsonb))
        WITH ORDINALITY AS t(kind, scope, topic_id, reason, source, data, term)
)"""

#: One row: which of the blocks stand already, which of the others are on addresses known before,
#: whose those are, and which standing blocks a click could still take back (rule 14): recent ones
#: of another source, so that a list imported again writes nothing. A domain is its own subject.
STANDING = f"""
WITH {_TERMS},
given AS (
    SELECT g.n, g.address_key, g.ends_at, t.*
    FROM unnest(%(keys)s::uuid[], %(terms_of)s::int[], %(ends)s::timestamptz[])
        WITH ORDINALITY AS g(address_key, term, ends_at, n)
    JOIN terms t USING (term)
),
found AS (
    SELECT g.n, known.subject_id, same.stands, same.restated_id
    FROM given g
    JOIN LATERAL (
        SELECT a.subject_id FROM addresses a
        WHERE g.kind <> 'domain' AND a.controller_id = %(controller_id)s::uuid
            AND a.address_key = g.address_key
        UNION ALL SELECT g.address_key WHERE g.kind = 'domain'
        LIMIT 1) known ON true
    LEFT JOIN LATERAL (
        SELECT true AS stands, CASE WHEN s.reason IN ('unsubscribe', 'pause')
                AND s.source <> g.source AND s.restated_at IS NULL
                AND s.suppressed_at > now() - interval '1 hour' THEN s.id END AS restated_id
        FROM suppressions s
        WHERE s.controller_id = %(controller_id)s::uuid AND s.address_key = g.address_key
            AND s.scope = g.scope AND s.topic_id IS NOT DISTINCT FROM g.topic_id
            AND s.reason = g.reason AND s.lifted_at IS NULL
            AND (s.ends_at IS NULL OR s.ends_at >= g.ends_at)
        LIMIT 1) same ON true
)
SELECT array_agg(n) FILTER (WHERE stands),
    array_agg(n) FILTER (WHERE stands IS NULL),
    array_agg(DISTINCT subject_id) FILTER (WHERE stands IS NULL OR restated_id IS NOT NULL),
    array_agg(restated_id) FILTER (WHERE restated_id IS NOT NULL)
FROM found
"""  # noqa: S608 - constant text

#: As ``repository.RESTATE``, of blocks found standing.
RESTATE = """
UPDATE suppressions SET restated_at = now()
WHERE controller_id = %(controller_id)s AND id = ANY (%(ids)s::uuid[]) AND lifted_at IS NULL
"""

_EVENT = """
'suppression.added.v1' AS type, {0}.subject_id, %(now)s::timestamptz AS occurred_at,
    %(correlation)s::uuid AS correlation,
    {1}.data || jsonb_build_object('suppression_id', {0}.id, 'address_key', {0}.address_key)
        || CASE WHEN {0}.ends_at IS NULL THEN '{{}}'::jsonb
                ELSE jsonb_build_object('ends_at',
                    to_char({0}.ends_at AT TIME ZONE 'UTC',
                        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) END AS data
"""

#: Blocks addresses never seen: nobody else knows their subjects before the commit. Whatever is
#: written comes from what is given, so one row tells how many addresses were really new; where one
#: was not, all of it must be rolled back.
ADD_UNSEEN = f"""
WITH {_TERMS},
given AS MATERIALIZED (
    SELECT g.*, t.kind, t.scope, t.topic_id, t.reason, t.source
    FROM unnest(%(keys)s::uuid[], %(subject_ids)s::uuid[], %(ids)s::uuid[],
                %(dates)s::timestamptz[], %(terms_of)s::int[], %(first)s::boolean[],
                %(ends)s::timestamptz[])
        WITH ORDINALITY
        AS g(address_key, subject_id, id, suppressed_at, term, is_first, ends_at, n)
    JOIN terms t USING (term)
),
claimed AS (
    INSERT INTO addresses (controller_id, address_key, subject_id, kind)
    SELECT %(controller_id)s::uuid, address_key, subject_id, kind
    FROM given WHERE is_first ORDER BY n
    ON CONFLICT (controller_id, address_key) DO NOTHING
    RETURNING true
),
blocked AS (
    INSERT INTO suppressions (id, controller_id, address_key, subject_id, kind, scope, topic_id,
        reason, source, correlation, suppressed_at, ends_at)
    SELECT id, %(controller_id)s::uuid, address_key, subject_id, kind, scope, topic_id, reason,
        source, %(correlation)s::uuid, suppressed_at, ends_at
    FROM given
),
new_events AS (
    SELECT g.n, {_EVENT.format("g", "t")} FROM given g JOIN terms t USING (term)
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM claimed
"""  # noqa: S608 - constant text

#: Blocks known addresses, with every key of their subjects of that kind, as
#: ``repository.SUPPRESS`` does; and domains.
ADD_KNOWN = f"""
WITH {_TERMS},
given AS MATERIALIZED (
    SELECT g.*, t.kind, t.scope, t.topic_id, t.reason, t.source
    FROM unnest(%(keys)s::uuid[], %(dates)s::timestamptz[], %(terms_of)s::int[],
                %(ends)s::timestamptz[])
        WITH ORDINALITY AS g(address_key, suppressed_at, term, ends_at, n)
    JOIN terms t USING (term)
),
covered AS (
    SELECT g.n, g.term, a.address_key, a.subject_id, a.kind, g.scope, g.topic_id, g.reason,
        g.source, g.suppressed_at, g.ends_at
    FROM given g
    JOIN LATERAL (
        SELECT subject_id, kind FROM addresses
        WHERE controller_id = %(controller_id)s::uuid AND address_key = g.address_key
        LIMIT 1) named ON true
    JOIN LATERAL (
        SELECT address_key, subject_id, kind FROM addresses
        WHERE controller_id = %(controller_id)s::uuid AND subject_id = named.subject_id
            AND kind = named.kind
            AND (address_key = g.address_key OR g.reason NOT IN ('hard_bounce', 'invalid'))
        LIMIT 1000) a ON true
    WHERE g.kind <> 'domain'
    UNION ALL
    SELECT n, term, address_key, address_key, kind, scope, topic_id, reason, source, suppressed_at,
        ends_at
    FROM given WHERE kind = 'domain'
),
blocked AS (
    INSERT INTO suppressions (controller_id, address_key, subject_id, kind, scope, topic_id,
        reason, source, correlation, suppressed_at, ends_at)
    SELECT %(controller_id)s::uuid, address_key, subject_id, kind, scope, topic_id, reason, source,
        %(correlation)s::uuid, suppressed_at, ends_at
    FROM covered ORDER BY n
    ON CONFLICT (controller_id, address_key, scope, topic_id, reason) WHERE lifted_at IS NULL
    DO NOTHING
    RETURNING id, address_key, subject_id, scope, topic_id, reason, source, ends_at
),
new_events AS (
    SELECT row_number() OVER () AS n, {_EVENT.format("b", "t")}
    FROM blocked b
    JOIN LATERAL (
        SELECT data FROM terms t
        WHERE (t.scope, t.reason, t.source) = (b.scope, b.reason, b.source)
            AND t.topic_id IS NOT DISTINCT FROM b.topic_id
        LIMIT 1) t ON true
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM blocked
"""  # noqa: S608 - constant text

NOTE = "UPDATE suppressions SET note = %s WHERE controller_id = %s AND id = %s"

#: Entries of hashed lists as arrays, what they share in ``terms``.
_HASHED = """
given AS MATERIALIZED (
    SELECT g.n, g.digest, g.suppressed_at, t.*
    FROM unnest(%(digests)s::bytea[], %(dates)s::timestamptz[], %(terms_of)s::int[])
        WITH ORDINALITY AS g(digest, suppressed_at, term, n)
    JOIN ROWS FROM (jsonb_to_recordset(%(terms)s::jsonb) AS (
        algorithm text, scope text, topic_id uuid, reason text, source text))
        WITH ORDINALITY AS t(algorithm, scope, topic_id, reason, source, term)
        ON t.term = g.term
)"""

#: One row: which of the entries are kept already.
KEPT = f"""
WITH {_HASHED}
SELECT array_agg(g.n) FROM given g
JOIN LATERAL (
    SELECT FROM hashed_suppressions h
    WHERE h.controller_id = %(controller_id)s::uuid AND h.digest = g.digest AND h.scope = g.scope
        AND h.topic_id IS NOT DISTINCT FROM g.topic_id AND h.reason = g.reason
    LIMIT 1) kept ON true
"""  # noqa: S608 - constant text

KEEP = f"""
WITH {_HASHED}
INSERT INTO hashed_suppressions (controller_id, algorithm, digest, scope, topic_id, reason, source,
    suppressed_at)
SELECT %(controller_id)s::uuid, algorithm, digest, scope, topic_id, reason, source, suppressed_at
FROM given ORDER BY digest, n
ON CONFLICT (controller_id, digest, scope, topic_id, reason) DO NOTHING
"""  # noqa: S608 - constant text

HAS_HASHED = """
SELECT EXISTS (SELECT FROM hashed_suppressions WHERE controller_id = %(controller_id)s)
    OR EXISTS (SELECT FROM lifted_hashed_suppressions WHERE controller_id = %(controller_id)s)
"""

#: Which digests are on a list.
LISTED = """
SELECT asked.digest FROM unnest(%(digests)s::bytea[]) AS asked(digest)
JOIN LATERAL (
    SELECT FROM hashed_suppressions h
    WHERE h.controller_id = %(controller_id)s::uuid AND h.digest = asked.digest
    LIMIT 1) listed ON true
"""

#: Takes the entries of known addresses off their lists.
TAKE = """
DELETE FROM hashed_suppressions
WHERE controller_id = %(controller_id)s::uuid AND digest = ANY (%(digests)s::bytea[])
RETURNING digest, scope, topic_id, reason, source, suppressed_at
"""

#: What was lifted of known addresses goes as well: no hash is about a known contact.
FORGET_LIFTED = """
DELETE FROM lifted_hashed_suppressions
WHERE controller_id = %(controller_id)s::uuid AND digest = ANY (%(digests)s::bytea[])
"""
