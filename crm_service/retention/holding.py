"""Why data stay although their term is over: looked up for each row whose term is.

An open request keeps everything about the person until the final decision (clause si-13), a dispute
or a statutory duty what it names (si-05, no-12), and restriction everything (GDPR Art. 18(2)).

Each reason is found by the subject's own key, never gathered for all of a controller's people: a
night looks at each of them, and few are due.
"""

from crm_service.holds import standing

#: A request that was recorded before its subject was adopted is found by its address.
_REQUESTS = """
    SELECT NULL::text[], 'open_request' FROM rights_requests q
    WHERE q.controller_id = %(controller_id)s AND q.subject_id = {subject} AND q.status <> 'closed'
    UNION ALL
    SELECT NULL, 'open_request' FROM addresses own
    JOIN rights_requests q
        ON q.controller_id = own.controller_id AND q.address_key = own.address_key
    WHERE own.controller_id = %(controller_id)s AND own.subject_id = {subject}
        AND q.status <> 'closed'"""

_HOLDS = f"""
    SELECT h.categories, h.kind FROM {standing.STANDING} AS h
    WHERE h.subject_id = {{subject}}"""  # noqa: S608 - constant text

_RESTRICTIONS = """
    SELECT NULL, 'restricted' FROM addresses own
    WHERE own.controller_id = %(controller_id)s AND own.subject_id = {subject}
        AND own.restricted"""

#: A person is kept by whatever keeps any part of it.
_OPEN_CASES = """
    SELECT NULL, 'open_case' FROM cases o
    WHERE o.controller_id = %(controller_id)s AND o.subject_id = {subject}
        AND o.closed_at IS NULL"""
_RUNNING_CONTRACTS = """
    SELECT NULL, 'running_contract' FROM contracts t
    WHERE t.controller_id = %(controller_id)s AND t.subject_id = {subject}
        AND (t.ended_on IS NULL OR t.ended_on >= %(today)s::date)"""


def records(subject: str) -> str:
    """Return SQL for why a record of ``category`` must stay; NULL where nothing holds it.

    ``subject``: a column of the query around it, whose alias is none of those in here.
    """
    return _why(
        (_REQUESTS, _HOLDS, _RESTRICTIONS),
        subject,
        "held.categories IS NULL OR %(category)s = ANY (held.categories)",
    )


def named(subject: str, category: str) -> str:
    """Return SQL for what needs a record of ``category`` although its erasure was decided."""
    needed = f"held.categories IS NULL OR {category} = ANY (held.categories)"
    return _why((_REQUESTS, _HOLDS), subject, needed)


def people(subject: str) -> str:
    """Return SQL for why a person must stay, but for its records; NULL where nothing holds it."""
    parts = (_REQUESTS, _HOLDS, _RESTRICTIONS, _OPEN_CASES, _RUNNING_CONTRACTS)
    return _why(parts, subject, "true")


def asked(subject: str) -> str:
    """Return SQL for why somebody must stay although their erasure was decided.

    That they are restricted until it is finished is no reason.
    """
    return _why((_REQUESTS, _HOLDS, _OPEN_CASES, _RUNNING_CONTRACTS), subject, "true")


def _why(parts: tuple[str, ...], subject: str, condition: str) -> str:
    found = " UNION ALL ".join(part.format(subject=subject) for part in parts)
    return f"""(SELECT string_agg(DISTINCT held.why, ',' ORDER BY held.why)
    FROM ({found}) AS held(categories, why) WHERE {condition})"""  # noqa: S608 - constant text
