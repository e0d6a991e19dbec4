"""Set-based SQL of a batch of an import: addresses, contacts, phone numbers.

Statements are put together from constants alone. Whoever waits for another writer does so in a
statement of its own, before the one that reads (rule 26).
"""

from crm_service.contacts.facts import TEXT_FIELDS
from crm_service.outbox.service import LOG_NEW_EVENTS

_TEXTS = ", ".join(TEXT_FIELDS)

#: Gives addresses never seen to the subjects named; answers with the keys that were known before.
#: The order keeps two imports from waiting for each other.
CLAIM = """
WITH given AS (
    SELECT DISTINCT ON (address_key) address_key, subject_id
    FROM unnest(%(keys)s::uuid[], %(subject_ids)s::uuid[]) WITH ORDINALITY
        AS g(address_key, subject_id, n)
    ORDER BY address_key, n
),
claimed AS (
    INSERT INTO addresses (controller_id, address_key, subject_id, kind, is_current)
    SELECT %(controller_id)s::uuid, address_key, subject_id, %(kind)s, true
    FROM given ORDER BY address_key
    ON CONFLICT (controller_id, address_key) DO NOTHING
    RETURNING address_key
)
SELECT address_key FROM given
WHERE NOT EXISTS (SELECT FROM claimed WHERE claimed.address_key = given.address_key)
"""

#: Who stands behind addresses now, and whether a block on e-mail stands on any of them.
#: ``OFFSET 0`` keeps look-ups by key what they are: the planner knows too little of one
#: controller's share of a table to be left the choice of reading all of it.
BEHIND = f"""
SELECT a.address_key, a.subject_id, coalesce(s.is_blocked, false), c.*
FROM unnest(%(keys)s::uuid[]) AS key
CROSS JOIN LATERAL (
    SELECT address_key, subject_id FROM addresses
    WHERE controller_id = %(controller_id)s::uuid AND address_key = key OFFSET 0
) a
LEFT JOIN LATERAL (
    SELECT id, email_key, added_at, nullif(attributes, '{{}}'), phone, phone_key,
        restricted_at IS NOT NULL, {_TEXTS}
    FROM contacts
    WHERE controller_id = %(controller_id)s::uuid AND id = a.subject_id OFFSET 0
) c ON true
LEFT JOIN LATERAL (
    SELECT true AS is_blocked FROM suppressions
    WHERE controller_id = %(controller_id)s::uuid AND subject_id = a.subject_id
        AND kind = 'email' AND lifted_at IS NULL
        AND (ends_at IS NULL OR ends_at > now()) LIMIT 1
) s ON true
"""  # noqa: S608 - constant text

#: What is granted by e-mail on addresses, with its evidence.
GRANTED = """
SELECT p.address_key, p.purpose, p.topic_id, p.basis, p.since, e.evidence
FROM unnest(%(keys)s::uuid[]) AS key
CROSS JOIN LATERAL (
    SELECT address_key, purpose, topic_id, basis, since, entry_id FROM permissions
    WHERE controller_id = %(controller_id)s::uuid AND address_key = key
        AND channel = 'email' AND state = 'granted' OFFSET 0
) p
LEFT JOIN LATERAL (
    SELECT evidence FROM ledger_evidence WHERE ledger_evidence.entry_id = p.entry_id OFFSET 0
) e ON true
"""

_COLUMNS = f"""
phone text, phone_key uuid, {", ".join(f"{name} text" for name in TEXT_FIELDS)},
attributes jsonb, added_at timestamptz
"""

INSERT = f"""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS g(n bigint, id uuid, email text, email_key uuid, {_COLUMNS})
),
stored AS (
    INSERT INTO contacts (controller_id, id, email, email_key, phone, phone_key, {_TEXTS},
        attributes, source_kind, source_reference, added_at, created_at, updated_at)
    SELECT %(controller_id)s::uuid, id, email, email_key, phone, phone_key, {_TEXTS},
        coalesce(attributes, '{{}}'), %(source_kind)s, %(source_reference)s, added_at,
        %(now)s::timestamptz, %(now)s::timestamptz
    FROM given ORDER BY n
),
new_events AS (
    SELECT n, %(type)s AS type, id AS subject_id, %(now)s::timestamptz AS occurred_at,
        %(correlation)s::uuid AS correlation, %(data)s::jsonb AS data
    FROM given
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM logged
"""  # noqa: S608 - constant text

UPDATE = f"""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS g(n bigint, id uuid, data jsonb, sourced jsonb, {_COLUMNS})
),
stored AS (
    UPDATE contacts c SET phone = g.phone, phone_key = g.phone_key,
        {", ".join(f"{name} = g.{name}" for name in TEXT_FIELDS)},
        attributes = coalesce(g.attributes, '{{}}'), added_at = g.added_at,
        version = c.version + 1, updated_at = %(now)s::timestamptz
    FROM given g WHERE c.controller_id = %(controller_id)s::uuid AND c.id = g.id
),
sourced AS (
    INSERT INTO contact_sources (controller_id, contact_id, field, kind, reference, recorded_at)
    SELECT %(controller_id)s::uuid, g.id, field, %(source_kind)s, %(source_reference)s,
        %(now)s::timestamptz
    FROM given g CROSS JOIN LATERAL jsonb_array_elements_text(g.sourced) AS field
    ORDER BY g.id, field
    ON CONFLICT (controller_id, contact_id, field) DO UPDATE
    SET kind = excluded.kind, reference = excluded.reference, recorded_at = excluded.recorded_at
),
new_events AS (
    SELECT n, %(type)s AS type, id AS subject_id, %(now)s::timestamptz AS occurred_at,
        %(correlation)s::uuid AS correlation, data
    FROM given
),
{LOG_NEW_EVENTS}
SELECT count(*) FROM logged
"""  # noqa: S608 - constant text

#: Of known phone numbers those whose subject is no contact: its blocks are to be taken over.
UNBORNE = """
SELECT a.address_key
FROM unnest(%(keys)s::uuid[]) AS key
CROSS JOIN LATERAL (
    SELECT address_key, subject_id FROM addresses
    WHERE controller_id = %(controller_id)s::uuid AND address_key = key OFFSET 0
) a
LEFT JOIN LATERAL (
    SELECT id FROM contacts
    WHERE controller_id = %(controller_id)s::uuid AND id = a.subject_id OFFSET 0
) c ON true
WHERE c.id IS NULL
"""

#: Of contacts whose number changed those with a block on a number, or with a permission for one.
CARRYING = """
SELECT m.subject_id
FROM unnest(%(subject_ids)s::uuid[]) AS m(subject_id)
LEFT JOIN LATERAL (
    SELECT true AS is_blocked FROM addresses a
    JOIN suppressions s ON s.controller_id = a.controller_id AND s.address_key = a.address_key
        AND s.lifted_at IS NULL
    WHERE a.controller_id = %(controller_id)s::uuid AND a.subject_id = m.subject_id
        AND a.kind = 'phone' LIMIT 1
) b ON true
LEFT JOIN LATERAL (
    SELECT true AS is_stated FROM permissions
    WHERE controller_id = %(controller_id)s::uuid AND subject_id = m.subject_id
        AND channel IN ('sms', 'phone') LIMIT 1
) p ON true
WHERE b.is_blocked OR p.is_stated
"""

BLOCKED_PHONES = """
SELECT s.address_key
FROM unnest(%(keys)s::uuid[]) AS key
CROSS JOIN LATERAL (
    SELECT address_key FROM suppressions
    WHERE controller_id = %(controller_id)s::uuid AND address_key = key
        AND kind = 'phone' AND lifted_at IS NULL
        AND (ends_at IS NULL OR ends_at > now()) LIMIT 1
) s
"""

#: Of entries for domains those on which a block stands.
BLOCKED_DOMAINS = """
SELECT d.domain
FROM unnest(%(names)s::text[]) AS name
CROSS JOIN LATERAL (
    SELECT domain, domain_key FROM suppressed_domains
    WHERE controller_id = %(controller_id)s::uuid AND domain = name OFFSET 0
) d
CROSS JOIN LATERAL (
    SELECT FROM suppressions WHERE controller_id = %(controller_id)s::uuid
        AND address_key = d.domain_key AND lifted_at IS NULL
        AND (ends_at IS NULL OR ends_at > now()) LIMIT 1
) s
"""

#: Whose the external ids are.
EXTERNAL_IDS = """
SELECT c.external_id, c.id
FROM unnest(%(external_ids)s::text[]) AS given
CROSS JOIN LATERAL (
    SELECT external_id, id FROM contacts
    WHERE controller_id = %(controller_id)s::uuid AND external_id = given OFFSET 0
) c
"""
