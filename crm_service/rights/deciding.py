"""Deciding a request: granted and done, or refused on a ground that the policy has (ee-15)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from crm_service.clock import utcnow
from crm_service.db import driver_connection
from crm_service.errors import Conflict, Invalid
from crm_service.outbox.rights_events import RightsRequestDecided
from crm_service.permissions import history
from crm_service.policies.document import Policy
from crm_service.policies.rights import EXCESSIVE, REQUEST_GROUNDS
from crm_service.rights import (
    announcing,
    certificates,
    course,
    executing,
    fees,
    holding,
    letters,
    states,
)
from crm_service.rights.letters import Letter
from crm_service.rights.models import RightsRequest

OUTCOMES = ("granted", "partly_granted", "refused", "retracted")

_ACTIONS = {"granted": "grant", "partly_granted": "grant", "refused": "refuse"}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """How a request is decided.

    ``ground``: for a refusal, one of the policy's grounds of refusal; for an erasure or a
    rectification that the policy grants on grounds, that ground, unless the request names it.
    ``changes`` are the contact's corrected fields.
    """

    outcome: str
    reasons: str | None = None
    ground: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decided:
    """What came of a decision: the letter, and where it goes.

    Both are told now, since an erasure leaves neither address nor reasons behind.
    """

    request: RightsRequest
    letter: Letter
    answer_to: str | None


def decide(
    session: Session,
    request: RightsRequest,
    decision: Decision,
    *,
    pepper: bytes,
    actor: str,
) -> Decided:
    """Decide a request that the caller holds, and do what was granted, in one transaction.

    Raises ``Conflict``: ``identity_not_proven``, ``wrong_status``, ``refusal_not_allowed`` (an
    objection to marketing, a withdrawal), ``fee_unpaid``, ``fee_paid``, ``ground_not_met``,
    ``held``, ``nothing_held``, ``request_open``; ``Invalid``: ``refusal_ground``,
    ``ground_missing``, ``reasons_missing``, ``changes_missing``, and what changing a contact
    raises. Nothing is stored then.
    """
    policy = course.policy_of(session, request)
    status = states.after(_ACTIONS.get(decision.outcome, "retract"), request.status)
    _check(session, policy, request, decision)
    answer_to = request.email
    request.status, request.outcome = status, decision.outcome
    request.decided_at = request.updated_at = utcnow()
    request.clock_stopped_at = None
    fees.forgo(request)
    request.reasons = decision.reasons
    if decision.outcome == "refused":
        request.refusal_ground = decision.ground
    else:
        request.ground = request.ground or decision.ground
    session.flush()
    if decision.outcome in {"granted", "partly_granted"}:
        done = executing.decided(
            session, policy, request, actor=actor, pepper=pepper, changes=decision.changes
        )
        session.refresh(request)
        request.executed = done
        session.flush()
        if request.kind == "erasure":
            certificates.issue(driver_connection(session), policy, request, actor=actor)
            session.flush()
    letter = letters.write(policy, request, reasons=decision.reasons)
    assert letter is not None  # noqa: S101 - an outcome was just set
    _announce(session, request, actor)
    return Decided(request, letter, answer_to)


def _announce(session: Session, request: RightsRequest, actor: str) -> None:
    outcome = request.outcome or ""
    event = RightsRequestDecided(
        **announcing.envelope(request), outcome=outcome, ground=request.refusal_ground
    )
    announcing.tell(session, request, "decide", actor, event, outcome=outcome)


def _check(session: Session, policy: Policy, request: RightsRequest, decision: Decision) -> None:
    if decision.outcome == "refused":
        _check_refusal(policy, request, decision)
    elif decision.outcome != "retracted":
        fees.require_settled(request)
        _check_ground(session, policy, request, decision)
    if decision.outcome in {"refused", "partly_granted"} and not decision.reasons:
        raise Invalid(
            "the person is told the reasons: give them",
            code="reasons_missing",
            errors={"reasons": ["must say why, in words for the person"]},
        )


def _check_refusal(policy: Policy, request: RightsRequest, decision: Decision) -> None:
    if executing.never_waits(policy, request):
        raise Conflict(
            "neither an objection to direct marketing nor a withdrawal of consent can be refused "
            "(GDPR Art. 21(2) and 7(3)); it took effect on receipt",
            code="refusal_not_allowed",
        )
    allowed = [slug for slug in policy.rights.refusals if policy.rights.refusal(slug, request.kind)]
    if decision.ground not in allowed:
        _refuse("refusal_ground", allowed, "the policy lets such a request be refused only for")
    if policy.rights.refusals[decision.ground or ""].article == EXCESSIVE:
        fees.require_unpaid(request)


def _check_ground(
    session: Session, policy: Policy, request: RightsRequest, decision: Decision
) -> None:
    ground = request.ground or decision.ground
    allowed = policy.rights.grounds.get(request.kind)
    if ground is None and allowed is not None:
        _refuse("ground_missing", allowed, "the policy grants such a request only for")
    if ground is not None and ground not in (allowed or REQUEST_GROUNDS):
        _refuse("unknown_ground", allowed or REQUEST_GROUNDS, "the policy knows the grounds")
    if request.kind == "erasure" and decision.outcome == "granted":
        connection = driver_connection(session)
        holding.refuse_held(connection, request.controller_id, request.subject_id)
    if request.kind == "erasure" and ground == "consent_withdrawn":
        _require_consent_alone(session, request)


def _require_consent_alone(session: Session, request: RightsRequest) -> None:
    """Hold "consent was the only basis, and is withdrawn" against the ledger (clause se-09)."""
    connection = driver_connection(session)
    moment = history.as_of(connection, request.controller_id, request.subject_id)
    if not any(item["basis"] == "consent" for item in moment.items):
        raise Conflict("the ledger knows of no consent of this person", code="ground_not_met")
    standing = sorted({item["basis"] for item in moment.items if item["in_force"]})
    if standing:
        raise Conflict(
            f"the ledger still holds a basis in force: {', '.join(standing)}",
            code="ground_not_met",
            bases=standing,
        )


def _refuse(code: str, allowed: Iterable[str], why: str) -> None:
    choices = ", ".join(allowed)
    raise Invalid(f"{why}: {choices}", code=code, errors={"ground": [f"must be one of: {choices}"]})
