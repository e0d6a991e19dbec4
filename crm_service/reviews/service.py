"""The periodic review of what is no longer needed (clause no-05; GDPR Art. 5(1)(e), recital 39).

Data are up for review when for the policy's period nobody used them: the person had nothing to do
with the controller, nothing about them was changed or permitted, and nobody decided to keep them.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import knowing, windows
from crm_service.db import Connection
from crm_service.errors import Conflict
from crm_service.policies import service as policies
from crm_service.reviews import repository
from crm_service.reviews.repository import Unused

KEEP, ERASE, RESTRICT = "keep", "erase", "restrict"
DECISIONS = (KEEP, ERASE, RESTRICT)


def due(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    after: uuid.UUID | None,
    limit: int,
    actor: str,
) -> tuple[Sequence[Unused], uuid.UUID | None]:
    """Return what is up for review, by the contacts' ids, one beyond ``limit`` if there is more.

    Returned with it is the contact at which looking stopped, where that was before as many were
    found. Raises ``Conflict`` (``no_review``) where the policy has none.
    """
    facts = _period(connection, controller_id)
    found, stopped_at = windows.gather(
        connection,
        controller_id,
        lambda window: repository.unused(connection, {**facts, **window}),
        after=after,
        wanted=limit + 1,
    )
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="reviews.list",
        fields=["source_kind", "added_at", "updated_at"],
        count=len(found[:limit]),
    )
    return found, stopped_at


def count(connection: Connection, controller_id: uuid.UUID) -> tuple[datetime, int]:
    """Return since when data must be unused to be up for review, and how many contacts are.

    Raises ``Conflict`` (``no_review``).
    """
    facts = _period(connection, controller_id)
    due = sum(
        repository.count(connection, {**facts, **window})
        for window in windows.every(connection, controller_id)
    )
    return facts["since"], due


def decide(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_ids: Sequence[uuid.UUID],
    *,
    decision: str,
    reasons: str,
    actor: str,
) -> int:
    """Record what was decided about contacts, and why; what is kept is not due for a period.

    Raises ``NotFound`` (``unknown_contact``) if one is not this controller's; nothing is stored.
    """
    ids = knowing.require(connection, controller_id, contact_ids)
    facts = {
        "controller_id": controller_id,
        "ids": ids,
        "decision": decision,
        "reasons": reasons,
        "actor": actor,
        "now": utcnow(),
    }
    repository.add(connection, facts)
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="reviews.decide",
        subject_id=ids[0] if len(ids) == 1 else None,
        count=len(ids),
        details={"decision": decision},
    )
    return len(ids)


def _period(connection: Connection, controller_id: uuid.UUID) -> dict[str, Any]:
    policy = policies.active(connection, controller_id)
    if policy.review.every is None:
        raise Conflict("the policy promises no review: name review.every in it", code="no_review")
    since = policy.review.begun(utcnow(), policy.timezone)
    return {"controller_id": controller_id, "since": since}
