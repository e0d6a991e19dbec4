"""Whether a permission for a whole purpose stands now, for any number of addresses.

For purposes without messages, which eligibility does not judge: tracking, publication.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from crm_service.db import Connection
from crm_service.permissions.evidence import BASES
from crm_service.policies.document import Policy
from crm_service.policies.terms import TERM_END, parse_period
from crm_service.statements import Statement

_TERM_END = TERM_END.format(
    anchor="CASE WHEN r.from_since THEN p.since ELSE p.anchor_at END",
    period="r.term",
    timezone="%(timezone)s",
)

#: After a refusal only consent given later counts. A block on everything, or on marketing where the
#: purpose is marketing, outweighs permissions, and so does restriction (GDPR Art. 18).
_PERMITTED = Statement(f"""
WITH rules AS (
    SELECT * FROM unnest(%(bases)s::text[], %(terms)s::interval[], %(from_since)s::boolean[])
        AS r(basis, term, from_since)
),
relevant AS (
    SELECT p.address_key, p.state, p.since, p.basis,
        p.state = 'granted' AND r.basis IS NOT NULL
            AND (r.term IS NULL OR {_TERM_END} > %(now)s::timestamptz) AS holds
    FROM permissions p
    LEFT JOIN rules r ON r.basis = p.basis
    WHERE p.controller_id = %(controller_id)s::uuid
        AND p.address_key = ANY (%(keys)s::uuid[])
        AND p.channel = %(channel)s AND p.purpose = %(purpose)s AND p.topic_id IS NULL
),
judged AS (
    SELECT address_key, bool_or(holds) AS holds,
        max(since) FILTER (WHERE state IN ('withdrawn', 'objected')) AS ended_at,
        max(since) FILTER (WHERE holds AND basis = 'consent') AS consent_at
    FROM relevant GROUP BY address_key
)
SELECT j.address_key FROM judged j
WHERE j.holds AND (j.ended_at IS NULL OR j.consent_at > j.ended_at)
    AND NOT EXISTS (
        SELECT FROM suppressions s
        WHERE s.controller_id = %(controller_id)s::uuid AND s.address_key = j.address_key
            AND s.lifted_at IS NULL AND s.reason NOT IN ('hard_bounce', 'invalid', 'pause')
            AND (s.scope = 'all' OR s.scope = 'marketing' AND %(is_marketing)s))
    AND NOT EXISTS (
        SELECT FROM addresses a
        WHERE a.controller_id = %(controller_id)s::uuid AND a.address_key = j.address_key
            AND a.restricted)
""")  # noqa: S608 - constant text


def permitted(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    *,
    purpose: str,
    channel: str,
    keys: Collection[uuid.UUID],
    now: datetime,
) -> set[uuid.UUID]:
    """Return those of the address keys for which the purpose is permitted at ``now``.

    None for a purpose that the policy does not have (rule 21).
    """
    declared = policy.purposes.get(purpose)
    if declared is None or not keys:
        return set()
    bases = [basis for basis in BASES if declared.allows(basis, channel)]
    rules = [declared.bases[basis] for basis in bases]
    facts = {
        "controller_id": controller_id,
        "keys": list(keys),
        "channel": channel,
        "purpose": purpose,
        "timezone": policy.timezone,
        "now": now,
        "is_marketing": declared.category == "marketing",
        "bases": bases,
        "terms": [parse_period(rule.term).interval if rule.term else None for rule in rules],
        "from_since": [rule.term_from == "since" for rule in rules],
    }
    rows = _PERMITTED.execute(connection, facts, binary=True).fetchall()
    return {row[0] for row in rows}
