"""The states of a rights request, and what leads from one to another."""

from collections.abc import Mapping, Sequence

from crm_service.errors import Conflict
from crm_service.rights.models import RightsRequest

RECEIVED = "received"
IDENTITY = "identity"
IN_PROGRESS = "in_progress"
DECIDED = "decided"
CLOSED = "closed"

STATUSES = (RECEIVED, IDENTITY, IN_PROGRESS, DECIDED, CLOSED)

#: The clock runs, and retention keeps what there is (clause si-13).
OPEN = (RECEIVED, IDENTITY, IN_PROGRESS)

#: What may be done in which status, and the status that comes of it. Nothing is granted before the
#: identity is established; refusing, and taking the request back, need none.
TRANSITIONS: Mapping[str, Mapping[str, str]] = {
    "ask_identity": {RECEIVED: IDENTITY, IDENTITY: IDENTITY},
    "identify": {RECEIVED: IN_PROGRESS, IDENTITY: IN_PROGRESS},
    "ask": {IN_PROGRESS: IN_PROGRESS},
    "hear": {RECEIVED: RECEIVED, IDENTITY: IDENTITY, IN_PROGRESS: IN_PROGRESS},
    "extend": {RECEIVED: RECEIVED, IDENTITY: IDENTITY, IN_PROGRESS: IN_PROGRESS},
    "charge": {RECEIVED: RECEIVED, IDENTITY: IDENTITY, IN_PROGRESS: IN_PROGRESS},
    "settle": {RECEIVED: RECEIVED, IDENTITY: IDENTITY, IN_PROGRESS: IN_PROGRESS},
    "grant": {IN_PROGRESS: DECIDED},
    "refuse": {RECEIVED: DECIDED, IDENTITY: DECIDED, IN_PROGRESS: DECIDED},
    "retract": {RECEIVED: DECIDED, IDENTITY: DECIDED, IN_PROGRESS: DECIDED},
    "close": {DECIDED: CLOSED},
}


def after(action: str, status: str) -> str:
    """Return the status after ``action``.

    Raises ``Conflict``: ``identity_not_proven`` where granting comes too early, else
    ``wrong_status`` with the ``status`` that the request has and those that the step ``needed``.
    """
    found = TRANSITIONS[action].get(status)
    if found is not None:
        return found
    if action == "grant" and status in OPEN:
        raise Conflict(
            "the person's identity is not established yet; nothing leaves before it is",
            code="identity_not_proven",
            status=status,
        )
    needed = list(TRANSITIONS[action])
    raise Conflict(
        f"this step needs a request that is {_either(needed)}; this one is {_words(status)}",
        code="wrong_status",
        status=status,
        needed=needed,
    )


def _either(statuses: Sequence[str]) -> str:
    *others, last = map(_words, statuses)
    return f"{', '.join(others)} or {last}" if others else last


def _words(status: str) -> str:
    return status.replace("_", " ")


def owes_fee(request: RightsRequest) -> bool:
    """Tell whether a fee is asked for the request that is neither paid nor waived."""
    return request.fee_asked_at is not None and request.fee_outcome is None
