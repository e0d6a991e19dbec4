"""Holds come before erasure, and after objection (ADR 0029; clauses no-12, si-05; rule 33).

Whose data are held cannot be erased in full. Granted in part, an erasure ends what the person does
not have to bear: nothing is sent any more, and what is held is stored and nothing else.
"""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from crm_service.clock import utcnow
from crm_service.contacts import reading, stating
from crm_service.contacts.reading import Contact
from crm_service.db import Connection, driver_connection
from crm_service.errors import Conflict, NotFound
from crm_service.holds import standing
from crm_service.holds.standing import Hold
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.rights import changing, erasing
from crm_service.rights.models import RightsRequest
from crm_service.subjects import service as subjects


def of(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> Sequence[Hold]:
    """Return the holds that stand today; the lock of the subject keeps others from being placed."""
    subjects.lock(connection, [subject_id])
    on = standing.today(policies.active(connection, controller_id))
    found = standing.of_subjects(connection, controller_id, [subject_id], on=on)
    return found.get(subject_id, [])


def refuse_held(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> None:
    """Raise ``Conflict`` (``held``), naming each hold, if the subject must not be erased."""
    holds = of(connection, controller_id, subject_id)
    if holds:
        raise Conflict(
            "a dispute or a law holds this person's data: refuse a request on a ground of the "
            "policy or grant it in part (partly_granted), or lift the hold if its reason is gone",
            code="held",
            holds=[_told(hold) for hold in holds],
        )


def _told(hold: Hold) -> dict[str, Any]:
    return {
        "id": str(hold.id),
        "kind": hold.kind,
        "law": hold.law,
        "categories": list(hold.categories) if hold.categories else None,
        "held_until": hold.held_until.isoformat() if hold.held_until else None,
    }


def keep(
    session: Session,
    policy: Policy,
    request: RightsRequest,
    holds: Sequence[Hold],
    *,
    actor: str,
) -> dict[str, Any]:
    """Do of an erasure what holds leave room for; return what was done, and what stays and why.

    Every permission for marketing ends, the addresses are blocked as after an erasure, and the
    contact is restricted (GDPR Art. 18): stored, and that is all.
    """
    contact = reading.hold_known(session, request.controller_id, request.subject_id)
    if contact is None:  # pragma: no cover - only contacts are held, and they stay while they are
        raise NotFound("there is no contact behind this request", code="contact_not_found")
    origin = changing.origin(request, actor)
    ended = sum(
        stating.state(session, policy, contact, statement, origin).outcome == "recorded"
        for statement in _withdrawals(policy, contact)
    )
    blocked = erasing.block(driver_connection(session), request)
    return {
        **changing.restrict(session, request, actor),
        "permissions_ended": ended,
        "kept": {"suppressions": blocked, "holds": [_told(hold) for hold in holds]},
    }


def _withdrawals(policy: Policy, contact: Contact) -> Iterator[dict[str, Any]]:
    for purpose in policy.purposes.values():
        if purpose.category != "marketing":
            continue
        for channel in sorted(purpose.reach):
            if stating.has_address(contact, channel):
                yield {
                    "purpose": purpose.slug,
                    "topic": None,
                    "channel": channel,
                    "basis": "consent",
                    "state": "withdrawn",
                    "occurred_at": utcnow(),
                }
