"""What a person asked is answered before that person is erased (clause si-13; GDPR Art. 12(3)).

Data that are gone answer no request for access, and whoever asks for restriction needs them kept
(Art. 18(1)). Retention keeps them as well; this is for those who erase by hand.
"""

import uuid
from collections.abc import Collection

from crm_service.db import Connection
from crm_service.errors import Conflict
from crm_service.policies.rights import KINDS
from crm_service.rights.models import RightsRequest
from crm_service.rights.states import OPEN
from crm_service.subjects import rows

#: Answered when they are decided; what a package answers, when that was handed out.
_UNANSWERED = f"""
SELECT id::text, kind, status, due_on::text FROM rights_requests
WHERE {rows.OF_PEOPLE} AND kind = ANY (%(kinds)s)
    AND (status = ANY (%(open)s) OR (status <> 'closed' AND kind IN ('access', 'portability')))
ORDER BY received_at, id
"""  # noqa: S608 - constant text

#: What an erasure that the person asked for, too, would leave unanswered.
_BEFORE_ERASURE = ("access", "portability", "restriction")


def refuse_unanswered(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *,
    kinds: Collection[str] = KINDS,
) -> None:
    """Raise ``Conflict`` (``request_open``), naming each request, unless all are answered.

    The caller holds the subject's lock.
    """
    asked = {"kinds": list(kinds), "open": list(OPEN)}
    found = rows.read(connection, controller_id, subject_id, _UNANSWERED, **asked)
    if found:
        raise Conflict(
            "the person has asked for something that erasing would leave unanswered: decide these "
            "requests first, and close those for a package when it was handed out",
            code="request_open",
            requests=found,
        )


def refuse_before(connection: Connection, erasure: RightsRequest) -> None:
    """Raise the same while something else that the person asked needs the data."""
    whose = erasure.controller_id, erasure.subject_id
    refuse_unanswered(connection, *whose, kinds=_BEFORE_ERASURE)
