"""SQL over what became of messages."""

from crm_service.statements import Statement

#: What a row of ``accepting.Row`` fills, in its order.
COLUMNS = (
    "address_key",
    "type",
    "occurred_at",
    "source",
    "message_id",
    "campaign",
    "topic",
    "bounce",
    "reason",
    "description",
    "mta_response",
    "url",
    "client",
    "os",
    "device",
    "machine",
    "signal",
    "tags",
    "metadata",
)

#: Remembers events by digest, each given once. They come in the order of digests, for everybody
#: (``writing.write``): two deliveries of one batch wait for each other and never in a circle. Rows:
#: those seen before, hexadecimal.
CLAIM = Statement("""
WITH given AS MATERIALIZED (SELECT unnest(%(digests)s::uuid[]) AS digest),
fresh AS (
    INSERT INTO engagement_seen (digest, controller_id)
    SELECT digest, %(controller_id)s::uuid FROM given
    ON CONFLICT (digest) DO NOTHING
    RETURNING digest
)
SELECT encode(uuid_send(digest), 'hex') FROM given
WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.digest = given.digest)
""")

#: Columns that are no text. An array of arrays could not hold lists of several lengths: each list
#: is the text of one.
_TYPES = {"id": "uuid", "address_key": "uuid", "occurred_at": "timestamptz", "machine": "boolean"}
_FROM_TEXT = {"tags": "tags::text[]", "metadata": "metadata::jsonb"}


def _unnested(column: str) -> str:
    return f"unnest(%({column})s::{_TYPES.get(column, 'text')}[]) AS {column}"


#: An array for ``id`` and for each of ``COLUMNS``. One that is shorter than others goes on as NULL,
#: so that a column of which nothing is known is an empty array. The arrays are taken apart side by
#: side in a select list: from a FROM clause each of them would be laid down as a table first.
STORE = Statement(f"""
INSERT INTO engagement_events (id, controller_id, {", ".join(COLUMNS)})
SELECT id, %(controller_id)s::uuid, {", ".join(_FROM_TEXT.get(name, name) for name in COLUMNS)}
FROM (SELECT {", ".join(map(_unnested, ("id", *COLUMNS)))}) AS given
""")  # noqa: S608 - constant text

#: Only what arrived in the days before is looked at again: a source's order is mixed up no longer.
_RECENT = "e.recorded_at BETWEEN now() - interval '7 days' AND now()"
_AROUND = "BETWEEN p.at - %(around)s::interval AND p.at + %(around)s::interval"

#: Addresses that clicked in a time, hexadecimal; by an index of clicks alone.
CLICKED = f"""
SELECT DISTINCT encode(uuid_send(e.address_key), 'hex') FROM engagement_events e
WHERE e.controller_id = %(controller_id)s AND e.address_key = ANY (%(keys)s::uuid[])
    AND e.type = 'clicked' AND e.occurred_at BETWEEN %(since)s AND %(until)s AND {_RECENT}
"""  # noqa: S608 - constant text

#: The events around each of the given moments of an address, where enough links were followed.
NEIGHBORS = f"""
SELECT DISTINCT e.id, e.recorded_at, e.address_key, coalesce(e.message_id, e.campaign, ''), e.type,
    e.occurred_at, e.url, e.machine
FROM unnest(%(keys)s::uuid[], %(moments)s::timestamptz[]) AS p(address_key, at)
JOIN LATERAL (
    SELECT count(DISTINCT e.url) AS links FROM engagement_events e
    WHERE e.controller_id = %(controller_id)s::uuid AND e.address_key = p.address_key
        AND e.occurred_at {_AROUND} AND e.type = 'clicked' AND {_RECENT}
) clicks ON clicks.links >= %(links)s
JOIN LATERAL (
    SELECT e.* FROM engagement_events e
    WHERE e.controller_id = %(controller_id)s::uuid AND e.address_key = p.address_key
        AND e.occurred_at {_AROUND} AND e.type IN ('sent', 'delivered', 'opened', 'clicked')
        AND {_RECENT}
    OFFSET 0
) e ON true
"""  # noqa: S608 - constant text

MARK_MACHINES = """
UPDATE engagement_events e SET machine = true, signal = 'burst'
FROM unnest(%(ids)s::uuid[], %(recorded)s::timestamptz[]) AS found(id, recorded_at)
WHERE e.id = found.id AND e.recorded_at = found.recorded_at
    AND e.controller_id = %(controller_id)s
"""

#: When people, not machines, last opened or clicked; NULL where they never did.
ENGAGED = """
SELECT k.address_key, (
    SELECT max(e.occurred_at) FROM engagement_events e
    WHERE e.controller_id = %(controller_id)s AND e.address_key = k.address_key
        AND e.type IN ('opened', 'clicked') AND NOT e.machine)
FROM unnest(%(keys)s::uuid[]) AS k(address_key)
"""

#: Addresses that bounced softly once more than ``before`` times within the time given.
WORN_OUT = """
SELECT DISTINCT address_key FROM (
    SELECT e.address_key, e.occurred_at, lag(e.occurred_at, %(before)s::int)
        OVER (PARTITION BY e.address_key ORDER BY e.occurred_at) AS first_at
    FROM engagement_events e
    WHERE e.controller_id = %(controller_id)s AND e.address_key = ANY (%(keys)s::uuid[])
        AND e.type = 'bounced' AND e.bounce IS DISTINCT FROM 'hard'
) AS bounces
WHERE first_at >= occurred_at - %(within)s::interval
"""

#: Addresses of erased people that nobody bears: nothing of what they do is kept. Hexadecimal.
ERASED = """
SELECT DISTINCT encode(uuid_send(s.address_key), 'hex') FROM suppressions s
WHERE s.controller_id = %(controller_id)s AND s.address_key = ANY (%(keys)s::uuid[])
    AND s.reason = 'erasure' AND s.lifted_at IS NULL
    AND NOT EXISTS (
        SELECT FROM addresses a WHERE a.controller_id = s.controller_id
        AND a.address_key = s.address_key AND a.is_current)
"""

#: Addresses of people whose data are stored, and that is all (GDPR Art. 18). Hexadecimal.
RESTRICTED = """
SELECT encode(uuid_send(address_key), 'hex') FROM addresses
WHERE controller_id = %(controller_id)s AND address_key = ANY (%(keys)s::uuid[]) AND restricted
"""

#: Whose the addresses (hexadecimal) are.
SUBJECTS = """
SELECT encode(uuid_send(address_key), 'hex'), subject_id FROM addresses
WHERE controller_id = %(controller_id)s AND address_key = ANY (%(keys)s::uuid[])
"""

#: Rows of ``repository.KEEP_RAW``: JSON array.
KEEP_RAW = """
INSERT INTO engagement_raw
    (controller_id, event_id, address_key, user_agent, ip_prefix, raw, expires_on)
SELECT %(controller_id)s, id, address_key, user_agent, ip_prefix, raw,
    (%(now)s::timestamptz + %(term)s::interval)::date
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS (id uuid, address_key uuid, user_agent text, ip_prefix text, raw jsonb)
"""

#: The e-mail key that each contact bears now.
KEYS_OF_CONTACTS = """
SELECT DISTINCT ON (a.subject_id) a.subject_id, a.address_key
FROM contacts c JOIN addresses a ON a.controller_id = c.controller_id AND a.subject_id = c.id
WHERE c.controller_id = %(controller_id)s AND c.id = ANY (%(contact_ids)s::uuid[])
    AND a.kind = 'email' AND a.address_key = c.email_key
"""

EXPORT = """
SELECT e.type, e.occurred_at, e.recorded_at, e.source, e.message_id, e.campaign, e.topic, e.bounce,
    e.reason, e.description, e.mta_response, e.url, e.client, e.os, e.device, e.machine, e.signal,
    e.tags, e.metadata, r.user_agent, r.ip_prefix, r.raw
FROM addresses a
JOIN engagement_events e ON e.controller_id = a.controller_id AND e.address_key = a.address_key
LEFT JOIN engagement_raw r ON r.event_id = e.id AND r.controller_id = a.controller_id
WHERE a.controller_id = %(controller_id)s AND a.subject_id = %(subject_id)s
ORDER BY e.occurred_at, e.id
"""

_KEYS = """
ANY (ARRAY(SELECT address_key FROM addresses
    WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])))"""

ERASE_RAW = f"""
DELETE FROM engagement_raw WHERE controller_id = %(controller_id)s AND address_key = {_KEYS}
"""  # noqa: S608 - constant text

ERASE = f"""
DELETE FROM engagement_events WHERE controller_id = %(controller_id)s AND address_key = {_KEYS}
"""  # noqa: S608 - constant text
