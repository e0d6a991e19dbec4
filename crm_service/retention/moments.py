"""What terms are counted from, as SQL; ``c`` is a contact and ``r`` a record of one."""

from typing import Any

from crm_service.policies.document import Policy
from crm_service.policies.terms import TERM_END, parse_period

#: When a subject last had to do with the controller: people, never machines (clause ee-09).
LAST = """
LEFT JOIN LATERAL (
    SELECT max(greatest(l.engaged_at, l.interacted_at)) AS at FROM addresses own
    JOIN last_interactions l
        ON l.controller_id = own.controller_id AND l.address_key = own.address_key
    WHERE own.controller_id = %(controller_id)s AND own.subject_id = {subject}
) AS last ON true"""

_PERMISSION_END = TERM_END.format(
    anchor="CASE WHEN t.from_since THEN p.since ELSE p.anchor_at END",
    period="t.term",
    timezone="%(timezone)s",
)

#: The terms of permissions by the policy, and when each ends.
_TERMS = """unnest(%(purposes)s::text[], %(bases)s::text[], %(terms)s::interval[],
        %(from_since)s::boolean[]) AS t(purpose, basis, term, from_since)"""

#: When the last permission ended; NULL while one stands, and where there never was any.
WITHDRAWAL = f"""
LEFT JOIN LATERAL (
    SELECT CASE WHEN bool_or(stands) THEN NULL ELSE max(ended_at) END AS at FROM (
        SELECT p.state = 'pending' OR (p.state = 'granted'
                AND coalesce({_PERMISSION_END} > %(now)s, true)) AS stands,
            CASE WHEN p.state = 'granted' THEN {_PERMISSION_END} ELSE p.since END AS ended_at
        FROM permissions p
        LEFT JOIN {_TERMS} ON t.purpose = p.purpose AND t.basis = p.basis
        WHERE p.controller_id = %(controller_id)s AND p.subject_id = c.id
    ) AS permission
) AS withdrawal ON true"""  # noqa: S608 - constant text

#: A permission ``p`` with its term ``t``, and its end.
ENDING_PERMISSIONS = f"""
JOIN permissions p ON p.controller_id = c.controller_id AND p.subject_id = c.id
    AND p.state = 'granted'
JOIN {_TERMS} ON t.purpose = p.purpose AND t.basis = p.basis AND t.term IS NOT NULL
CROSS JOIN LATERAL (SELECT {_PERMISSION_END} AS at) AS ending"""


def permission_terms(policy: Policy) -> dict[str, Any]:
    """Return the parameters of ``WITHDRAWAL`` and ``ENDING_PERMISSIONS``."""
    stated = [
        (purpose.slug, basis, rule)
        for purpose in policy.purposes.values()
        for basis, rule in purpose.bases.items()
    ]
    return {
        "purposes": [purpose for purpose, _, _ in stated],
        "bases": [basis for _, basis, _ in stated],
        "terms": [parse_period(rule.term).interval if rule.term else None for *_, rule in stated],
        "from_since": [rule.term_from == "since" for *_, rule in stated],
    }


def end(anchor: str, period: str) -> str:
    """Return the SQL of a term's end."""
    return TERM_END.format(anchor=anchor, period=period, timezone="%(timezone)s")
