"""Erasures that holds left unfinished: the rest goes once no hold stands (clauses si-05, no-12).

Granted in part, such an erasure left the person stored and restricted (``holding.keep``). It waits
as long as that restriction lasts; whoever lifts it has told the person (GDPR Art. 18(3)).
"""

import uuid
from typing import Any

import orjson
from psycopg.rows import dict_row

from crm_service.clock import spelled, utcnow
from crm_service.db import Connection
from crm_service.policies import service as policies
from crm_service.rights import certificates, erasing
from crm_service.rights.models import RightsRequest

#: A decision on a contact ``c`` that no lift of its restriction has overtaken.
_LASTS = """{decided}.controller_id = c.controller_id AND {decided}.subject_id = c.id
    AND {decided}.decided_at >= c.created_at AND NOT EXISTS (
        SELECT FROM restrictions s WHERE s.controller_id = c.controller_id
            AND s.subject_id = c.id AND s.lifted_at {after} {decided}.decided_at)"""
_ERASURE = _LASTS.format(decided="r", after=">=")
_RESTRICTION = _LASTS.format(decided="k", after=">")

#: Whose erasure waits, for set-based use: ``WAITING`` AS w(subject_id, request_id, decided_at,
#: is_restricted), parameter ``controller_id``. ``is_restricted``: the person asked for restriction
#: as well, and so needs the data kept (GDPR Art. 18(1)).
WAITING = f"""(
    SELECT DISTINCT ON (c.id) c.id AS subject_id, r.id AS request_id, r.decided_at,
        EXISTS (SELECT FROM rights_requests k
            WHERE k.kind = 'restriction' AND k.outcome IN ('granted', 'partly_granted')
                AND {_RESTRICTION}) AS is_restricted
    FROM rights_requests r
    JOIN contacts c ON c.restricted_at IS NOT NULL AND {_ERASURE}
    WHERE r.controller_id = %(controller_id)s AND r.kind = 'erasure'
        AND r.outcome = 'partly_granted'
        AND jsonb_array_length(r.executed -> 'kept' -> 'holds') > 0
    ORDER BY c.id, r.decided_at DESC, r.id)"""  # noqa: S608 - constant text

_COLUMNS = ", ".join(f"r.{column.name}" for column in RightsRequest.__table__.columns)

_GET = f"""
SELECT {_COLUMNS} FROM rights_requests r
JOIN {WAITING} AS w ON w.request_id = r.id AND w.subject_id = %(subject_id)s
WHERE r.controller_id = %(controller_id)s
"""  # noqa: S608 - constant text

_FINISH = """
UPDATE rights_requests SET executed = %(executed)s, certificate = %(certificate)s,
    certified_by = %(certified_by)s, updated_at = %(now)s
WHERE controller_id = %(controller_id)s AND id = %(id)s
"""


def finish(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *,
    actor: str,
    pepper: bytes,
) -> None:
    """Erase a person whose erasure waits; the request says so, with a certificate of its own.

    The caller holds the subject's lock, and has found under it that the erasure waits and nothing
    else keeps the person.
    """
    facts: dict[str, Any] = {"controller_id": controller_id, "subject_id": subject_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        [row] = cursor.execute(_GET, facts).fetchall()
    request, now = RightsRequest(**row), utcnow()
    done = erasing.erase(connection, request, actor=actor, pepper=pepper)
    request.executed = {**request.executed, **done, "finished_at": spelled(now)}
    policy = policies.at_version(connection, controller_id, request.policy_version)
    certificates.issue(connection, policy, request, actor=actor)
    stored = {
        "id": request.id,
        "executed": orjson.dumps(request.executed).decode(),
        "certificate": orjson.dumps(request.certificate).decode(),
        "certified_by": request.certified_by,
        "now": now,
    }
    connection.execute(_FINISH, {**facts, **stored})
