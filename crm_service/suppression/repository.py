"""Set-based SQL over the suppression list."""

from crm_service.outbox.service import LOG_NEW_EVENTS

#: The address of each ``given g``, and every one of its subject of that kind. Each a look-up by its
#: own key: of a table never sampled the planner would join it to itself by the controller alone,
#: and compare every address with every other.
_NAMED_AND_ITS_ALIASES = """
    CROSS JOIN LATERAL (
        SELECT subject_id, kind, address_key FROM addresses
        WHERE controller_id = %(controller_id)s::uuid AND address_key = g.address_key
        OFFSET 0
    ) named
    CROSS JOIN LATERAL (
        SELECT address_key, subject_id, kind FROM addresses
        WHERE controller_id = %(controller_id)s::uuid AND subject_id = named.subject_id
            AND kind = named.kind
        OFFSET 0
    ) a"""

#: Suppresses addresses. ``rows``: JSON array of objects as read below. A block covers every key of
#: the subject of that kind (rule 1), but for what is a fact about one mailbox: a bounce.
SUPPRESS = f"""
WITH given AS (
    SELECT * FROM ROWS FROM (
        jsonb_to_recordset(%(rows)s::jsonb) AS (
            address_key uuid, scope text, topic_id uuid, topic text, reason text, source text,
            note text, suppressed_at timestamptz, ends_at timestamptz, correlation uuid)
    ) WITH ORDINALITY AS g (address_key, scope, topic_id, topic, reason, source, note,
        suppressed_at, ends_at, correlation, n)
),
covered AS (
    SELECT g.n, g.scope, g.topic_id, g.topic, g.reason, g.source, g.note, g.suppressed_at,
        g.ends_at, coalesce(g.correlation, %(correlation)s::uuid) AS correlation,
        a.address_key, a.subject_id, a.kind
    FROM given g
    {_NAMED_AND_ITS_ALIASES}
    WHERE a.address_key = named.address_key OR g.reason NOT IN ('hard_bounce', 'invalid')
),
blocked AS (
    INSERT INTO suppressions (controller_id, address_key, subject_id, kind, scope, topic_id,
        reason, source, note, correlation, suppressed_at, ends_at)
    SELECT %(controller_id)s::uuid, address_key, subject_id, kind, scope, topic_id, reason, source,
        note, correlation, suppressed_at, ends_at
    FROM covered ORDER BY n
    ON CONFLICT (controller_id, address_key, scope, topic_id, reason) WHERE lifted_at IS NULL
    DO NOTHING
    RETURNING id, address_key, subject_id, scope, topic_id, reason, source, ends_at, correlation
),
new_events AS (
    SELECT row_number() OVER () AS n, 'suppression.added.v1' AS type, b.subject_id,
        %(now)s::timestamptz AS occurred_at, b.correlation,
        jsonb_strip_nulls(jsonb_build_object('suppression_id', b.id,
            'address_key', b.address_key, 'scope', b.scope, 'topic', t.slug,
            'reason', b.reason, 'source', b.source, 'ends_at',
            to_char(b.ends_at AT TIME ZONE 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))) AS data
    FROM blocked b LEFT JOIN topics t ON t.id = b.topic_id
),
{LOG_NEW_EVENTS}
SELECT id, address_key FROM blocked
"""  # noqa: S608 - constant text

#: Notes that somebody set blocks that stand already: the click behind them can no longer take them
#: back on its own (rule 14).
RESTATE = """
UPDATE suppressions SET restated_at = now()
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s AND kind = %(kind)s
    AND scope = %(scope)s AND topic_id IS NOT DISTINCT FROM %(topic_id)s::uuid
    AND reason = %(reason)s AND lifted_at IS NULL
"""

_COLUMNS = """
s.id, s.address_key, s.subject_id, s.kind, s.scope, t.slug AS topic, s.reason, s.source, s.note,
s.suppressed_at, s.ends_at, s.lifted_at, s.lifted_by, s.lift_justification, d.domain
"""

#: A pause ends by itself, when it is read: no job lifts it.
_STANDS = "s.lifted_at IS NULL AND (s.ends_at IS NULL OR s.ends_at > now())"

_FROM = """
suppressions s
LEFT JOIN topics t ON t.id = s.topic_id
LEFT JOIN suppressed_domains d ON s.kind = 'domain' AND d.controller_id = s.controller_id
    AND d.domain_key = s.address_key
"""

ACTIVE_BY_KEYS = f"""
SELECT {_COLUMNS} FROM {_FROM}
WHERE s.controller_id = %(controller_id)s AND s.address_key = ANY (%(keys)s)
    AND {_STANDS}
ORDER BY s.suppressed_at, s.id
"""  # noqa: S608 - constant text

BY_ID = f"""
SELECT {_COLUMNS} FROM {_FROM}
WHERE s.controller_id = %(controller_id)s AND s.id = %(id)s
"""  # noqa: S608 - constant text

PAGE = f"""
SELECT {_COLUMNS} FROM {_FROM}
WHERE s.controller_id = %(controller_id)s AND s.id > %(after)s::uuid
    AND (%(reason)s::text IS NULL OR s.reason = %(reason)s)
    AND (%(include_lifted)s OR {_STANDS})
ORDER BY s.id LIMIT %(limit)s
"""  # noqa: S608 - constant text

OF_SUBJECT = f"""
SELECT {_COLUMNS} FROM {_FROM}
WHERE s.controller_id = %(controller_id)s AND s.subject_id = %(subject_id)s
ORDER BY s.suppressed_at, s.id
"""  # noqa: S608 - constant text

#: Makes room for longer pauses: the same ones that have ended or end earlier. ``rows`` as above.
SETTLE_PAUSES = f"""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS (
        address_key uuid, scope text, topic_id uuid, ends_at timestamptz)
    WHERE ends_at IS NOT NULL
),
covered AS (
    -- A domain has no address: its key stands for itself.
    SELECT address_key, scope, topic_id, ends_at FROM given
    UNION
    SELECT a.address_key, g.scope, g.topic_id, g.ends_at FROM given g
    {_NAMED_AND_ITS_ALIASES}
),
settled AS (
    UPDATE suppressions s SET lifted_at = least(%(now)s::timestamptz, s.ends_at),
        lifted_by = 'pause', lift_justification = 'a longer pause'
    FROM covered g
    WHERE s.controller_id = %(controller_id)s::uuid AND s.address_key = g.address_key
        AND s.reason = 'pause' AND s.lifted_at IS NULL AND s.ends_at < g.ends_at
        AND s.scope = g.scope AND s.topic_id IS NOT DISTINCT FROM g.topic_id
    RETURNING s.id, s.address_key, s.subject_id, s.scope, s.topic_id, s.reason, s.ends_at
),
new_events AS (
    SELECT row_number() OVER () AS n, 'suppression.lifted.v1' AS type, b.subject_id,
        %(now)s::timestamptz AS occurred_at, %(correlation)s::uuid AS correlation,
        jsonb_strip_nulls(jsonb_build_object('suppression_id', b.id,
            'address_key', b.address_key, 'scope', b.scope, 'topic', t.slug,
            'reason', b.reason, 'source', 'pause')) AS data
    FROM settled b LEFT JOIN topics t ON t.id = b.topic_id
    WHERE b.ends_at > %(now)s::timestamptz
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM settled
"""  # noqa: S608 - constant text

#: Lifts a block with its copies on the subject's other addresses (rule 1). Rows: id, key.
LIFT = """
UPDATE suppressions s SET lifted_at = %(now)s, lifted_by = %(lifted_by)s,
    lift_justification = %(justification)s
FROM suppressions named
WHERE named.controller_id = %(controller_id)s AND named.id = %(id)s
    AND s.controller_id = named.controller_id AND s.subject_id = named.subject_id
    AND s.lifted_at IS NULL AND (s.id = named.id
        OR s.reason NOT IN ('hard_bounce', 'invalid')
        AND (s.kind, s.scope, s.reason) = (named.kind, named.scope, named.reason)
        AND s.topic_id IS NOT DISTINCT FROM named.topic_id)
RETURNING s.id, s.address_key
"""

#: Copies the blocks of a changed address to its new key (rule 6); bounces stay with the mailbox.
CARRY = f"""
WITH carried AS (
    INSERT INTO suppressions (controller_id, address_key, subject_id, kind, scope, topic_id,
        reason, source, correlation, suppressed_at, ends_at)
    SELECT controller_id, %(new_key)s::uuid, subject_id, kind, scope, topic_id, reason, source,
        correlation, suppressed_at, ends_at
    FROM suppressions s
    WHERE controller_id = %(controller_id)s::uuid AND address_key = %(old_key)s::uuid
        AND {_STANDS} AND reason NOT IN ('hard_bounce', 'invalid')
    ON CONFLICT (controller_id, address_key, scope, topic_id, reason) WHERE lifted_at IS NULL
    DO NOTHING
    RETURNING id, address_key, subject_id, scope, topic_id, reason, ends_at
),
new_events AS (
    SELECT row_number() OVER () AS n, 'suppression.added.v1' AS type, c.subject_id,
        %(now)s::timestamptz AS occurred_at, %(correlation)s::uuid AS correlation,
        jsonb_strip_nulls(jsonb_build_object('suppression_id', c.id,
            'address_key', c.address_key, 'scope', c.scope, 'topic', t.slug,
            'reason', c.reason, 'source', 'carried', 'ends_at',
            to_char(c.ends_at AT TIME ZONE 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))) AS data
    FROM carried c LEFT JOIN topics t ON t.id = c.topic_id
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM carried
"""  # noqa: S608 - constant text

#: The blocks of a subject that another one adopts; keys, and so what is blocked, stay the same.
ADOPT = """
UPDATE suppressions SET subject_id = %(into)s
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
"""

#: Erasure leaves key, scope, reason, date and source (rule 5); lifted blocks need not be kept.
EMPTY_NOTES = """
UPDATE suppressions SET note = NULL, lift_justification = NULL
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])
    AND (note IS NOT NULL OR lift_justification IS NOT NULL)
"""
