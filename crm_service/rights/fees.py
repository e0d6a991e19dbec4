"""A fee for a request that is manifestly unfounded or excessive (GDPR Art. 12(5), clause si-17).

Only where the policy has one. The controller has to show why: the reasons are told to the person.
"""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from crm_service.clock import utcnow
from crm_service.errors import Conflict, Invalid
from crm_service.policies.rights import FEE, FREE_KINDS, FeeRule
from crm_service.rights import announcing, course, states
from crm_service.rights.models import RightsRequest

PAID, WAIVED = "paid", "waived"


@dataclass(frozen=True, kw_only=True)
class Fee:
    """What is asked: ``amount`` as digits with at most two decimals, an ISO 4217 ``currency``."""

    amount: str
    currency: str
    reasons: str


def charge(session: Session, request: RightsRequest, fee: Fee, *, actor: str) -> None:
    """Ask the fee of a request that is not decided; nothing is granted before it is settled.

    The clock runs on, unless the policy stops it for a fee. Raises ``Conflict``: ``wrong_status``,
    ``always_free`` (an objection, a withdrawal), ``fee_not_allowed``, ``fee_asked_already``;
    ``Invalid``: ``fee_currency``, ``fee_too_high``.
    """
    request.status = states.after("charge", request.status)
    policy = course.policy_of(session, request)
    _check(policy.rights.fee, request, fee)
    request.fee_amount, request.fee_currency = fee.amount, fee.currency
    request.fee_reasons, request.fee_asked_at = fee.reasons, utcnow()
    course.stop_clock(session, request, FEE)
    stopped = request.clock_stopped_at is not None
    announcing.tell(session, request, "charge", actor, clock_stopped=stopped)


def _check(rule: FeeRule | None, request: RightsRequest, fee: Fee) -> None:
    if request.kind in FREE_KINDS:
        raise Conflict(
            "an objection or a withdrawal of consent is free, whoever makes it and however often",
            code="always_free",
        )
    if rule is None:
        raise Conflict(
            "the policy answers every request free of charge: refuse it on a ground, or decide it",
            code="fee_not_allowed",
        )
    if request.fee_asked_at is not None:
        raise Conflict("a fee is asked once", code="fee_asked_already")
    if rule.currency is not None and fee.currency != rule.currency:
        _refuse("fee_currency", "currency", f"must be the policy's, {rule.currency}")
    if rule.most is not None and Decimal(fee.amount) > rule.most:
        most = f"must be at most {rule.most} {rule.currency}, as the policy says"
        _refuse("fee_too_high", "amount", most)


def _refuse(code: str, field: str, why: str) -> None:
    raise Invalid(f"{field} {why}", code=code, errors={field: [why]})


def settle(session: Session, request: RightsRequest, outcome: str, *, actor: str) -> None:
    """Note that the fee was paid, or is not asked any longer; a clock that stood for it runs on.

    Raises ``Conflict``: ``wrong_status``, ``no_fee_asked``, ``fee_settled_already``.
    """
    request.status = states.after("settle", request.status)
    if request.fee_asked_at is None:
        raise Conflict("no fee was asked for this request", code="no_fee_asked")
    if request.fee_outcome is not None:
        raise Conflict(f"the fee was {request.fee_outcome}", code="fee_settled_already")
    request.fee_outcome, request.fee_settled_at = outcome, utcnow()
    course.run_on(session, request)
    announcing.tell(session, request, "settle", actor, outcome=outcome)


def require_settled(request: RightsRequest) -> None:
    """Let nothing be granted before the fee is paid or waived. Raises ``Conflict``."""
    if states.owes_fee(request):
        raise Conflict(
            "a fee is asked for this request: note that it was paid, or waive it",
            code="fee_unpaid",
            amount=request.fee_amount,
            currency=request.fee_currency,
        )


def require_unpaid(request: RightsRequest) -> None:
    """Let a request be refused as excessive only without a fee for it: the law has either.

    Raises ``Conflict`` (``fee_paid``).
    """
    if request.fee_outcome == PAID:
        raise Conflict(
            "the person paid a fee for this request as one that is unfounded or excessive; it is "
            "not refused for that as well (GDPR Art. 12(5))",
            code="fee_paid",
        )


def forgo(request: RightsRequest) -> None:
    """Waive what is still owed for a request that is refused, or that the person took back."""
    if states.owes_fee(request):
        request.fee_outcome, request.fee_settled_at = WAIVED, utcnow()
