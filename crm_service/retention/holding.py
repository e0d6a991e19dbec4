"""Why data stay although their term is over: one fragment, joined to whatever is found.

An open request keeps everything about the person until the final decision (clause si-13), a dispute
or a statutory duty what it names (si-05, no-12), and restriction everything (GDPR Art. 18(2)).
"""

from crm_service.holds import standing

#: A request that was recorded before its subject was adopted is found by its address.
_REQUESTS = """
    SELECT r.subject_id, NULL::text[] AS categories, 'open_request' AS why FROM rights_requests r
    WHERE r.controller_id = %(controller_id)s AND r.status <> 'closed'
    UNION ALL
    SELECT a.subject_id, NULL, 'open_request' FROM rights_requests r
    JOIN addresses a ON a.controller_id = r.controller_id AND a.address_key = r.address_key
    WHERE r.controller_id = %(controller_id)s AND r.status <> 'closed'"""

_HOLDS = f"""
    SELECT h.subject_id, h.categories, h.kind AS why FROM {standing.STANDING} AS h"""  # noqa: S608 - constant text

_RESTRICTIONS = """
    SELECT a.subject_id, NULL::text[], 'restricted' FROM addresses a
    WHERE a.controller_id = %(controller_id)s AND a.restricted"""

#: A person is kept by whatever keeps any part of it.
_OPEN_CASES = """
    SELECT k.subject_id, NULL::text[], 'open_case' FROM cases k
    WHERE k.controller_id = %(controller_id)s AND k.closed_at IS NULL"""
_RUNNING_CONTRACTS = """
    SELECT t.subject_id, NULL::text[], 'running_contract' FROM contracts t
    WHERE t.controller_id = %(controller_id)s
        AND (t.ended_on IS NULL OR t.ended_on >= %(today)s::date)"""


def _joined(parts: tuple[str, ...], condition: str) -> str:
    return f"""held AS MATERIALIZED (
    SELECT subject_id, string_agg(DISTINCT why, ',' ORDER BY why) AS why
    FROM ({" UNION ALL ".join(parts)}) AS every(subject_id, categories, why)
    WHERE {condition} GROUP BY subject_id
)"""  # noqa: S608 - constant text


#: CTE ``held(subject_id, why)``: whose rows of ``category`` must stay.
RECORDS = _joined(
    (_REQUESTS, _HOLDS, _RESTRICTIONS), "categories IS NULL OR %(category)s = ANY (categories)"
)

#: CTE ``held(subject_id, why)``: who must stay although their erasure was decided. That they are
#: restricted until it is finished is no reason.
ASKED = _joined((_REQUESTS, _HOLDS, _OPEN_CASES, _RUNNING_CONTRACTS), "true")

#: CTE ``held(subject_id, why)``: who must stay.
PEOPLE = _joined((_REQUESTS, _HOLDS, _RESTRICTIONS, _OPEN_CASES, _RUNNING_CONTRACTS), "true")
