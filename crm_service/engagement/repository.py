"""SQL over what became of messages."""

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

#: Remembers events by digest, in one order for everybody, so that two deliveries of one batch wait
#: for each other and never in a circle. Rows: those never seen before.
CLAIM = """
INSERT INTO engagement_seen (digest, controller_id)
SELECT digest, %(controller_id)s::uuid FROM unnest(%(digests)s::uuid[]) AS digest ORDER BY digest
ON CONFLICT (digest) DO NOTHING
RETURNING digest
"""

_TYPES = {
    "address_key": "uuid",
    "occurred_at": "timestamptz",
    "machine": "boolean",
    "tags": "text[]",
    "metadata": "jsonb",
}

#: Parameter ``rows``: JSON array of objects with ``COLUMNS`` and ``id``.
STORE = f"""
INSERT INTO engagement_events (id, controller_id, {", ".join(COLUMNS)})
SELECT id, %(controller_id)s::uuid, {", ".join(COLUMNS)}
FROM jsonb_to_recordset(%(rows)s::jsonb) AS (
    id uuid, {", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in COLUMNS)})
"""  # noqa: S608 - constant text

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
(SELECT address_key FROM addresses
 WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s)"""

ERASE_RAW = f"""
DELETE FROM engagement_raw WHERE controller_id = %(controller_id)s AND address_key IN {_KEYS}
"""  # noqa: S608 - constant text

ERASE = f"""
DELETE FROM engagement_events WHERE controller_id = %(controller_id)s AND address_key IN {_KEYS}
"""  # noqa: S608 - constant text
