"""Lifting a block: an operator's decision, for a written reason (rule 4)."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.errors import Conflict
from crm_service.outbox import service as outbox
from crm_service.outbox.events import SuppressionLifted
from crm_service.subjects import service as subjects
from crm_service.suppression import repository
from crm_service.suppression.service import Suppression, get

#: Only the person's own newly confirmed consent ends these, never an operator (rule 4).
BEYOND_OPERATORS = frozenset({"complaint", "erasure", "objection"})


class Remember(Protocol):
    """Writes down what the person refused by a block that an operator lifts."""

    def __call__(
        self,
        connection: Connection,
        controller_id: uuid.UUID,
        lifted: Suppression,
        keys: Sequence[uuid.UUID],
        *,
        recorded_by: str,
    ) -> object:
        """Take note, in the caller's transaction."""


def lift(
    connection: Connection,
    controller_id: uuid.UUID,
    suppression_id: uuid.UUID,
    *,
    justification: str,
    lifted_by: str,
    remember: Remember | None = None,
) -> Suppression:
    """Lift one block for a written reason (rule 4), on every address that it covers (rule 1).

    ``remember`` is told what was lifted, on which addresses, before anything else can happen to
    them: what the person refused outlives the block.

    Raises ``NotFound``; ``Conflict`` for a block lifted before (``already_lifted``) and for a
    complaint, an erasure or an objection (``needs_new_consent``).
    """
    found = _locked(connection, controller_id, suppression_id)
    if found.lifted_at is not None or (found.ends_at and found.ends_at <= utcnow()):
        raise Conflict("this suppression was lifted before, or has ended", code="already_lifted")
    if found.reason in BEYOND_OPERATORS:
        raise Conflict(
            f"a suppression for {found.reason} ends only by newly confirmed consent of the person",
            code="needs_new_consent",
        )
    facts: dict[str, Any] = {
        "now": utcnow(),
        "lifted_by": lifted_by,
        "justification": justification,
    }
    lifted = connection.execute(
        repository.LIFT, facts | {"controller_id": controller_id, "id": suppression_id}
    ).fetchall()
    correlation = uuid.uuid4()
    events = [
        _told(found, each, key, now=facts["now"], correlation=correlation) for each, key in lifted
    ]
    outbox.record(connection, controller_id, events)
    if remember is not None:
        keys = [key for _, key in lifted]
        remember(connection, controller_id, found, keys, recorded_by=lifted_by)
    return get(connection, controller_id, suppression_id)


def _locked(
    connection: Connection, controller_id: uuid.UUID, suppression_id: uuid.UUID
) -> Suppression:
    while True:
        found = get(connection, controller_id, suppression_id)
        subjects.lock(connection, [found.subject_id])
        # A contact may have adopted the address meanwhile.
        again = get(connection, controller_id, suppression_id)
        if again.subject_id == found.subject_id:
            return again


def _told(
    found: Suppression,
    suppression_id: uuid.UUID,
    address_key: uuid.UUID,
    *,
    now: datetime,
    correlation: uuid.UUID,
) -> SuppressionLifted:
    return SuppressionLifted(
        subject_id=found.subject_id,
        occurred_at=now,
        correlation=correlation,
        suppression_id=suppression_id,
        address_key=address_key,
        scope=found.scope,
        topic=found.topic,
        reason=found.reason,
        source="operator",
    )
