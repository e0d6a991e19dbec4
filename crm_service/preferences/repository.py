"""SQL behind the preference page."""

from crm_service.outbox.service import LOG_NEW_EVENTS

#: Every marketing topic, whether each kind of address has left it, and until when it is paused.
TOPICS = """
WITH keys AS (
    SELECT * FROM unnest(%(keys)s::uuid[], %(kinds)s::text[]) AS k(address_key, kind)
),
blocks AS (
    SELECT k.kind, s.scope, s.topic_id, s.reason, s.ends_at
    FROM keys k JOIN suppressions s ON s.controller_id = %(controller_id)s
        AND s.address_key = k.address_key AND s.lifted_at IS NULL
        AND (s.ends_at IS NULL OR s.ends_at > %(now)s)
)
SELECT t.id, t.slug, t.name, t.description, t.link_ref, t.purpose,
    array(SELECT DISTINCT b.kind FROM blocks b
          WHERE b.reason <> 'pause' AND (b.scope IN ('marketing', 'all') OR b.topic_id = t.id)
          UNION
          SELECT k.kind FROM keys k JOIN permissions p ON p.controller_id = t.controller_id
              AND p.address_key = k.address_key AND p.topic_id = t.id
              AND p.state IN ('withdrawn', 'objected')
          WHERE p.channel = ANY (CASE k.kind WHEN 'phone' THEN ARRAY['sms', 'phone']
                                 ELSE ARRAY['email'] END)),
    (SELECT max(b.ends_at) FROM blocks b
     WHERE b.kind = 'email' AND b.reason = 'pause' AND b.topic_id = t.id)
FROM topics t
WHERE t.controller_id = %(controller_id)s AND t.category = 'marketing' AND t.archived_at IS NULL
ORDER BY t.slug
"""

#: One row: the phone's key where a contact bears one, whether there is a contact, what is
#: preferred, and until when all marketing is paused.
PERSON = """
SELECT c.phone_key, c.id IS NOT NULL, p.frequency, p.language,
    (SELECT max(s.ends_at) FROM suppressions s
     WHERE s.controller_id = %(controller_id)s AND s.address_key = %(address_key)s
         AND s.reason = 'pause' AND s.scope IN ('marketing', 'all') AND s.lifted_at IS NULL
         AND s.ends_at > %(now)s)
FROM (VALUES (1)) AS one
LEFT JOIN contacts c ON c.controller_id = %(controller_id)s AND c.email_key = %(address_key)s
LEFT JOIN preferences p ON p.controller_id = %(controller_id)s
    AND p.address_key = %(address_key)s
"""

STATED = """
SELECT address_key, frequency, language FROM preferences
WHERE controller_id = %(controller_id)s AND address_key = ANY (%(keys)s::uuid[])
"""

STORE = """
INSERT INTO preferences AS p (controller_id, address_key, subject_id, frequency, language,
    changed_at)
VALUES (%(controller_id)s, %(address_key)s, %(subject_id)s, %(frequency)s, %(language)s, %(now)s)
ON CONFLICT (controller_id, address_key) DO UPDATE
SET frequency = excluded.frequency, language = excluded.language, changed_at = excluded.changed_at,
    subject_id = excluded.subject_id
"""

ADDED_AT = """
SELECT id, added_at FROM contacts
WHERE controller_id = %(controller_id)s AND email_key = %(address_key)s
"""

#: What newly confirmed consent ends (rule 4): the person's own refusals, never a fact about the
#: mailbox, nor what an operator decided.
_ENDED = """
s.controller_id = %(controller_id)s::uuid AND s.subject_id = %(subject_id)s::uuid
    AND s.kind = 'email' AND s.lifted_at IS NULL
    AND s.reason IN ('unsubscribe', 'objection', 'complaint', 'erasure', 'import', 'pause')
    AND (s.scope IN ('marketing', 'all') OR s.topic_id = %(topic_id)s::uuid)
"""

#: A block on more than the topic stays for every other topic. Rows: since when such blocks stand.
NARROW = f"""
WITH wide AS (
    SELECT * FROM suppressions s WHERE {_ENDED} AND s.scope <> 'topic'
),
narrowed AS (
    INSERT INTO suppressions (controller_id, address_key, subject_id, kind, scope, topic_id,
        reason, source, correlation, suppressed_at, ends_at)
    SELECT w.controller_id, w.address_key, w.subject_id, w.kind, 'topic', t.id, w.reason, w.source,
        %(correlation)s::uuid, w.suppressed_at, w.ends_at
    FROM wide w JOIN topics t ON t.controller_id = w.controller_id
        AND t.id <> %(topic_id)s::uuid AND (w.scope = 'all' OR t.category = 'marketing')
    ON CONFLICT (controller_id, address_key, scope, topic_id, reason) WHERE lifted_at IS NULL
    DO NOTHING
    RETURNING id, address_key, subject_id, topic_id, reason, source, ends_at
),
new_events AS (
    SELECT row_number() OVER () AS n, 'suppression.added.v1' AS type, n.subject_id,
        %(now)s::timestamptz AS occurred_at, %(correlation)s::uuid AS correlation,
        jsonb_strip_nulls(jsonb_build_object('suppression_id', n.id,
            'address_key', n.address_key, 'scope', 'topic', 'topic', t.slug,
            'reason', n.reason, 'source', n.source, 'ends_at',
            to_char(n.ends_at AT TIME ZONE 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))) AS data
    FROM narrowed n JOIN topics t ON t.id = n.topic_id
),
{LOG_NEW_EVENTS}
SELECT min(suppressed_at) FROM wide WHERE reason <> 'pause' HAVING count(*) > 0
"""  # noqa: S608 - constant text

LIFT = f"""
WITH lifted AS (
    UPDATE suppressions s SET lifted_at = %(now)s, lifted_by = 'recipient',
        lift_justification = 'newly confirmed consent'
    WHERE {_ENDED}
    RETURNING s.id, s.address_key, s.subject_id, s.scope, s.topic_id, s.reason
),
new_events AS (
    SELECT row_number() OVER () AS n, 'suppression.lifted.v1' AS type, l.subject_id,
        %(now)s::timestamptz AS occurred_at, %(correlation)s::uuid AS correlation,
        jsonb_strip_nulls(jsonb_build_object('suppression_id', l.id,
            'address_key', l.address_key, 'scope', l.scope, 'topic', t.slug,
            'reason', l.reason, 'source', 'consent')) AS data
    FROM lifted l LEFT JOIN topics t ON t.id = l.topic_id
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM lifted
"""  # noqa: S608 - constant text
