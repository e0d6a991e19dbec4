"""The verdict as set-based SQL: two index look-ups an address, nothing fetched row by row.

Answers come back as one blob of concatenated 16-byte address keys per kind of answer, because
fetching 10,000 rows costs more than finding them. The same statements judge addresses one by one
and whole ranges of address keys: they differ in nothing but the condition that selects the keys.
"""

from crm_service.policies.terms import TERM_END
from crm_service.statements import Statement

#: Verdict bits, strongest reason first; 0 is a yes.
SUPPRESSED, RESTRICTED, ERASED, OBJECTED, WITHDRAWN = 1, 2, 4, 8, 16
NO_LEGAL_BASIS, TERM_ENDED, PENDING_CONFIRMATION = 32, 64, 128

_TERM_END = TERM_END.format(
    anchor="CASE WHEN r.from_since THEN p.since ELSE p.anchor_at END",
    period="r.term",
    timezone="%(timezone)s",
)

#: How the addresses to judge are selected: each by its key, or all between two keys, inclusively.
_EACH = "= ANY (%(keys)s::uuid[])"
#: Within a range the other columns of the key are compared so that no index is searched for them:
#: PostgreSQL 18 would count a search for each key between, and read something else instead.
_BETWEEN = "BETWEEN %(first)s::uuid AND %(last)s::uuid"

_RELEVANT = f"""
WITH rules AS (
    SELECT * FROM unnest(%(bases)s::text[], %(terms)s::interval[], %(safe)s::timestamptz[],
                         %(from_since)s::boolean[], %(inherits)s::boolean[])
        WITH ORDINALITY AS r(basis, term, safe, from_since, inherits, rank)
),
relevant AS (
    SELECT p.address_key, p.state, p.since, p.basis, r.rank,
        p.state = 'granted' AND CASE
            WHEN r.term IS NULL THEN true
            WHEN (CASE WHEN r.from_since THEN p.since ELSE p.anchor_at END) > r.safe THEN true
            ELSE {_TERM_END} > %(now)s::timestamptz
        END AS holds
    FROM permissions p
    LEFT JOIN rules r ON r.basis = p.basis
    WHERE p.controller_id = %(controller_id)s::uuid
        AND p.address_key {{selected}}
        AND p.channel {{same}} %(channel)s AND p.purpose {{same}} %(purpose)s
        AND (p.topic_id {{same}} %(topic_id)s::uuid
             OR p.topic_id IS NULL AND (r.inherits OR p.state IN ('withdrawn', 'objected')))
        AND (r.rank IS NOT NULL OR p.state IN ('withdrawn', 'objected'))
)"""  # noqa: S608 - constant text

#: What the permissions alone say, permission by permission. ``safe`` is a lower bound of the time
#: at which a term can end, so that calendar arithmetic is done only for permissions near their end.
#: Rows: state, whether it holds, rank of its basis, keys. No grouping by address: most have one.
_PERMISSIONS = f"""{_RELEVANT}
SELECT state, holds, rank, string_agg(uuid_send(address_key), '') AS keys
FROM relevant GROUP BY state, holds, rank ORDER BY rank DESC
"""  # noqa: S608 - constant text
PERMISSIONS = Statement(_PERMISSIONS.format(selected=_EACH, same="="))
PERMISSIONS_BETWEEN = Statement(_PERMISSIONS.format(selected=_BETWEEN, same="IS NOT DISTINCT FROM"))

#: The same for addresses that ended something: after a refusal only consent given later counts.
#: Rows: verdict bits, rank of the basis relied on, keys.
_AFTER_REFUSALS = f"""{_RELEVANT},
judged AS (
    SELECT address_key,
        max(since) FILTER (WHERE state IN ('withdrawn', 'objected')) AS ended_at,
        max(since) FILTER (WHERE holds AND basis = 'consent') AS consent_at,
        min(rank) FILTER (WHERE basis = 'consent') AS consent_rank,
        bool_or(state = 'objected') AS objected,
        bool_or(state = 'withdrawn') AS withdrawn,
        bool_or(state = 'granted' AND NOT holds) AS term_ended,
        bool_or(state = 'pending') AS pending
    FROM relevant GROUP BY address_key
)
SELECT
    CASE WHEN consent_at > ended_at THEN 0 ELSE
        objected::int * {OBJECTED} + withdrawn::int * {WITHDRAWN}
        + term_ended::int * {TERM_ENDED} + pending::int * {PENDING_CONFIRMATION} END AS verdict,
    CASE WHEN consent_at > ended_at THEN consent_rank END AS rank,
    string_agg(uuid_send(address_key), '') AS keys
FROM judged GROUP BY 1, 2
"""  # noqa: S608 - constant text
AFTER_REFUSALS = Statement(_AFTER_REFUSALS.format(selected=_EACH, same="="))

#: What is blocked whatever the permissions say. Marketing scopes never stop service mail; bounces
#: and the scope everything do (rule 3). Rows: scope, reason, end of a pause, keys.
_SUPPRESSIONS = """
SELECT s.scope, s.reason, s.ends_at, string_agg(uuid_send(s.address_key), '') AS keys
FROM suppressions s
WHERE s.controller_id = %(controller_id)s::uuid
    AND s.address_key {selected} AND s.lifted_at IS NULL
    AND (s.ends_at IS NULL OR s.ends_at > %(now)s::timestamptz)
    AND (s.scope = 'all' OR s.scope = 'marketing' AND %(is_marketing)s
         OR s.scope = 'topic' AND s.topic_id = %(topic_id)s::uuid
         OR s.reason IN ('hard_bounce', 'invalid'))
GROUP BY s.scope, s.reason, s.ends_at
"""
SUPPRESSIONS = Statement(_SUPPRESSIONS.format(selected=_EACH))
SUPPRESSIONS_BETWEEN = Statement(_SUPPRESSIONS.format(selected=_BETWEEN))

#: Every restricted address of the controller: so few that looking each asked one up costs more.
RESTRICTIONS = Statement("""
SELECT string_agg(uuid_send(address_key), '') FROM addresses
WHERE controller_id = %(controller_id)s::uuid AND restricted
""")

#: Which addresses a contact bears: the others are unknown.
KNOWN = Statement("""
SELECT string_agg(uuid_send(address_key), '') FROM addresses
WHERE controller_id = %(controller_id)s::uuid AND address_key = ANY (%(keys)s::uuid[])
    AND is_current
""")

#: The topic asked about, the references that its links carry, whether any domain is blocked, and
#: which transactions had ended: whatever is looked up afterwards sees at least those.
TOPIC = """
SELECT t.id, t.slug, t.category, t.purpose, t.link_ref, t.archived_at IS NULL, c.link_ref,
    EXISTS (SELECT FROM suppressed_domains d WHERE d.controller_id = %(controller_id)s),
    pg_current_snapshot()::text
FROM controllers c
LEFT JOIN topics t ON t.controller_id = c.id AND t.slug = %(slug)s
WHERE c.id = %(controller_id)s
"""

#: The address that each contact bears itself: a phone number may be shared, and be kept by another
#: subject.
ADDRESSES_OF_CONTACTS = """
SELECT id, CASE %(kind)s::text WHEN 'phone' THEN phone_key ELSE email_key END AS address_key
FROM contacts
WHERE controller_id = %(controller_id)s AND id = ANY (%(contact_ids)s)
    AND (%(kind)s::text <> 'phone' OR phone_key IS NOT NULL)
"""
