"""SQL that reads the ledger back: as of a moment, to rebuild the projection, to erase a person."""

from crm_service.permissions.digest import COLUMNS

#: Whether an entry ``l`` counts at a moment, by what is known today: a fact from when it happened,
#: a restatement from when it was made (rule 19).
_COUNTS = """(%(at)s::timestamptz >=
             CASE WHEN l.action IN ('carried', 'reanchored', 'restored', 'erased')
                  THEN l.recorded_at ELSE least(l.since, l.recorded_at) END
        -- What is granted later, but from before a refusal or an erasure, cannot undo it there.
        AND (l.action NOT IN ('granted', 'confirmed', 'requested')
             OR NOT EXISTS (
                SELECT FROM ledger_entries r
                WHERE r.controller_id = l.controller_id AND r.subject_id = l.subject_id
                    AND r.position < l.position AND r.address_key = l.address_key
                    AND r.channel = l.channel AND r.purpose = l.purpose AND r.basis = l.basis
                    AND r.topic_id IS NOT DISTINCT FROM l.topic_id
                    AND r.action IN ('withdrawn', 'objected', 'erased')
                    AND least(r.since, r.recorded_at) > l.since
                    AND least(r.since, r.recorded_at) <= %(at)s::timestamptz)))"""


def _stood(whose: str) -> str:
    return f"""
SELECT * FROM (
    SELECT DISTINCT ON (l.address_key, l.channel, l.purpose, l.topic_id, l.basis)
        l.address_key, l.channel, l.purpose, l.topic_id, l.basis, l.subject_id, l.state, l.since,
        l.anchor_at, l.proof_id AS entry_id
    FROM ledger_entries l
    WHERE l.controller_id = %(controller_id)s::uuid AND {whose}
        AND (%(at)s::timestamptz IS NULL OR {_COUNTS})
    ORDER BY l.address_key, l.channel, l.purpose, l.topic_id, l.basis, l.position DESC
) last_entries
WHERE state <> 'none'
"""  # noqa: S608 - constant text


#: The projection as it follows from the ledger, now or at a past moment: the last entry a key.
AS_OF = _stood("(%(subject_id)s::uuid IS NULL OR l.subject_id = %(subject_id)s::uuid)")
#: The same of many people.
OF_MANY = _stood("l.subject_id = ANY (%(subject_ids)s::uuid[])")

#: The projection of one address as it follows from some of its entries: the last one a key.
SEEN = """
SELECT * FROM (
    SELECT DISTINCT ON (l.channel, l.purpose, l.topic_id, l.basis)
        l.controller_id, l.address_key, l.channel, l.purpose, l.topic_id, l.basis, l.state, l.since,
        l.anchor_at, l.id AS entry_id
    FROM ledger_entries l
    WHERE l.controller_id = %(controller_id)s::uuid
        AND l.address_key = %(address_key)s::uuid AND l.id = ANY (%(entries)s::uuid[])
    ORDER BY l.channel, l.purpose, l.topic_id, l.basis, l.position DESC
) last_entries
WHERE state <> 'none'
"""

#: Replaces a controller's projection by what its ledger says.
REBUILD_INSERT = f"""
INSERT INTO permissions (controller_id, address_key, channel, purpose, topic_id, basis, subject_id,
    state, since, anchor_at, entry_id)
SELECT %(controller_id)s::uuid, address_key, channel, purpose, topic_id, basis, subject_id, state,
    since, anchor_at, entry_id
FROM ({AS_OF}) AS rebuilt
"""  # noqa: S608 - constant text

REBUILD_DELETE = "DELETE FROM permissions WHERE controller_id = %(controller_id)s::uuid"

AS_OF_WITH_TOPICS = f"""
SELECT stood.*, t.slug AS topic FROM ({AS_OF}) AS stood LEFT JOIN topics t ON t.id = stood.topic_id
ORDER BY purpose, t.slug NULLS FIRST, channel, basis, address_key
"""  # noqa: S608 - constant text

#: The digested columns of one subject's entries, and beside them topic and evidence.
ENTRIES = f"""
SELECT entry.*, t.slug, e.evidence, e.erased_at
FROM (
    SELECT {COLUMNS} FROM ledger_entries
    WHERE controller_id = %(controller_id)s::uuid AND subject_id = %(subject_id)s::uuid
        AND position > %(after)s
    ORDER BY position LIMIT %(limit)s
) AS entry
LEFT JOIN topics t ON t.id = entry.topic_id
LEFT JOIN ledger_evidence e ON e.entry_id = entry.proof_id
ORDER BY entry.position
"""  # noqa: S608 - constant text

#: Writers wait, readers do not.
LOCK_PROJECTION = "LOCK TABLE permissions IN SHARE ROW EXCLUSIVE MODE"

#: Erasure: the projection goes, evidence is emptied, and the ledger says that it was.
ERASE = """
WITH gone AS (
    DELETE FROM permissions
    WHERE controller_id = %(controller_id)s::uuid AND subject_id = ANY (%(subject_ids)s::uuid[])
    RETURNING *
),
emptied AS (
    UPDATE ledger_evidence SET salt = NULL, evidence = NULL, erased_at = %(now)s::timestamptz
    WHERE controller_id = %(controller_id)s::uuid AND subject_id = ANY (%(subject_ids)s::uuid[])
        AND erased_at IS NULL
    RETURNING entry_id
),
entries AS (
    INSERT INTO ledger_entries (controller_id, id, subject_id, address_key, channel, purpose,
        topic_id, basis, action, state, since, anchor_at, source, recorded_by, policy_version,
        correlation, proof_id)
    SELECT controller_id, fresh.id, subject_id, address_key, channel, purpose, topic_id, basis,
        'erased', 'none', %(now)s::timestamptz, anchor_at, 'erasure', 'erasure',
        (SELECT coalesce(max(version), 0) FROM policy_versions
         WHERE controller_id = %(controller_id)s::uuid),
        %(correlation)s::uuid, fresh.id
    FROM (SELECT gone.*, gen_random_uuid() AS id FROM gone) AS fresh
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM emptied)
"""

#: What these people refused and have not consented to since: the newest refusal a target.
STANDING_REFUSALS = """
SELECT DISTINCT ON (p.address_key, p.purpose, p.topic_id)
    p.address_key, p.purpose, p.topic_id, t.slug AS topic, p.state, p.since
FROM permissions p LEFT JOIN topics t ON t.id = p.topic_id
WHERE p.controller_id = %(controller_id)s AND p.subject_id = ANY (%(subject_ids)s::uuid[])
    AND p.state IN ('withdrawn', 'objected') AND NOT EXISTS (
        SELECT FROM permissions consent
        WHERE consent.controller_id = p.controller_id AND consent.address_key = p.address_key
            AND consent.channel = p.channel AND consent.purpose = p.purpose
            AND (consent.topic_id IS NULL OR consent.topic_id = p.topic_id)
            AND consent.basis = 'consent' AND consent.state = 'granted'
            AND consent.since > p.since)
-- An objection outweighs a withdrawal: only new consent ends it.
ORDER BY p.address_key, p.purpose, p.topic_id, p.state = 'objected' DESC, p.since DESC
"""

COUNT = "SELECT count(*) FROM ledger_entries WHERE controller_id = %s AND subject_id = %s"

#: Every entry about one address for a purpose on a channel, whosever it was (a phone may be
#: shared), digested columns first; beside them topic, evidence with its salt, and whether it counts
#: at a moment by what is known today. A restatement's evidence is that of the entry it restates.
ABOUT_ADDRESS = f"""
SELECT entry.*, t.slug, e.evidence, e.salt, e.erased_at
FROM (
    SELECT {COLUMNS}, {_COUNTS} AS counts FROM ledger_entries l
    WHERE controller_id = %(controller_id)s::uuid AND address_key = %(address_key)s::uuid
        AND channel = %(channel)s AND purpose = %(purpose)s
        AND (topic_id = %(topic_id)s::uuid OR topic_id IS NULL)
) AS entry
LEFT JOIN topics t ON t.id = entry.topic_id
LEFT JOIN ledger_evidence e ON e.entry_id = entry.proof_id
ORDER BY entry.position
"""  # noqa: S608 - constant text
