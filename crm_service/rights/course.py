"""The steps of a request on its way to a decision: who asks, questions, more time, the end."""

import uuid
from datetime import date

from sqlalchemy.orm import Session

from crm_service.clock import utcnow
from crm_service.db import driver_connection
from crm_service.errors import Conflict
from crm_service.notices import service as notices
from crm_service.outbox.rights_events import (
    RightsRequestCompleted,
    RightsRequestExtended,
    RightsRequestIdentified,
)
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.policies.rights import FEE
from crm_service.rights import announcing, repository, states
from crm_service.rights.deadlines import WorkCalendar, due
from crm_service.rights.models import RightsRequest
from crm_service.subjects import service as subjects


def hold(session: Session, controller_id: uuid.UUID, request_id: uuid.UUID) -> RightsRequest:
    """Return the request under the lock of its subject. Raises ``NotFound``."""
    found = repository.get(session, controller_id, request_id)
    subjects.lock(driver_connection(session), [found.subject_id])
    return repository.get(session, controller_id, request_id)


def policy_of(session: Session, request: RightsRequest) -> Policy:
    """Return the policy under which the request came in: a later one cannot worsen it."""
    connection = driver_connection(session)
    return policies.at_version(connection, request.controller_id, request.policy_version)


def await_proof(session: Session, request: RightsRequest, *, actor: str) -> None:
    """Note that the person was sent a one-time link. Raises ``Conflict`` (``wrong_status``)."""
    request.status = states.after("ask_identity", request.status)
    _save(session, request)
    announcing.tell(session, request, "ask_identity", actor)


def identify(
    session: Session, request: RightsRequest, *, by: str, actor: str, note: str | None = None
) -> None:
    """Establish who asks; a clock that stood still for that runs on.

    ``by`` is ``attestation`` (an operator's word, with a ``note`` on how) or ``link``. Raises
    ``Conflict`` (``wrong_status``).
    """
    request.status = states.after("identify", request.status)
    request.identified_at = utcnow()
    request.identified_by = by
    request.identity_note = note
    request.asked_about = request.question = None
    run_on(session, request)
    event = RightsRequestIdentified(
        **announcing.envelope(request), identified_by=by, due_on=request.due_on
    )
    announcing.tell(session, request, "identify", actor, event, identified_by=by)


def ask(session: Session, request: RightsRequest, *, about: str, question: str, actor: str) -> None:
    """Ask the person for more; the clock stops only where the policy, and so the law, allows it.

    About the identity only while it is not established, about what is meant only afterwards (GDPR
    Art. 12(6)). A period that is over is not stopped any more. Raises ``Conflict``
    (``wrong_status``).
    """
    action = "ask_identity" if about == "identity" else "ask"
    request.status = states.after(action, request.status)
    request.asked_about, request.question = about, question
    stop_clock(session, request, about)
    stopped = request.clock_stopped_at is not None
    announcing.tell(session, request, "ask", actor, about=about, clock_stopped=stopped)


def hear(session: Session, request: RightsRequest, *, actor: str) -> None:
    """Note that the person has answered: the clock runs on. Raises ``Conflict``."""
    request.status = states.after("hear", request.status)
    if request.asked_about is None:
        raise Conflict("nothing was asked", code="nothing_asked")
    request.asked_about = request.question = None
    run_on(session, request)
    announcing.tell(session, request, "hear", actor)


def extend(session: Session, request: RightsRequest, *, reasons: str, actor: str) -> None:
    """Take more time, for reasons that the person is told (GDPR Art. 12(3), clause si-17).

    Raises ``Conflict``: ``extension_not_allowed`` where the policy has none, ``extended_already``,
    ``too_late_to_extend`` (with the day until which it could be), ``wrong_status``.
    """
    request.status = states.after("extend", request.status)
    policy = policy_of(session, request)
    allowed = policy.rights.extension
    if allowed is None:
        raise Conflict(
            "the policy promises an answer in time: no extension", code="extension_not_allowed"
        )
    if request.extended_at is not None:
        raise Conflict("a period is extended once", code="extended_already")
    days, now = WorkCalendar.of(policy), utcnow()
    latest = due(days, request.received_at, allowed.within).legal_end
    if now >= days.end_of(latest):
        raise Conflict(
            f"the period could be extended until {latest}",
            code="too_late_to_extend",
            until=latest.isoformat(),
        )
    request.extended_at, request.extension_reasons = now, reasons
    _reschedule(session, request)
    event = RightsRequestExtended(**announcing.envelope(request), due_on=request.due_on)
    announcing.tell(session, request, "extend", actor, event)


def close(session: Session, request: RightsRequest, *, actor: str) -> None:
    """End it: the person was told, nothing is left to do.

    Raises ``Conflict``: ``wrong_status``; ``recipients_not_confirmed`` for an erasure that some
    recipient still has to confirm, unless it need not be told (clause ws-05).
    """
    request.status = states.after("close", request.status)
    if request.kind == "erasure":
        _require_confirmations(session, request)
    request.closed_at = utcnow()
    _save(session, request)
    event = RightsRequestCompleted(**announcing.envelope(request), outcome=request.outcome or "")
    announcing.tell(session, request, "close", actor, event)


def _require_confirmations(session: Session, request: RightsRequest) -> None:
    owed = notices.of_request(driver_connection(session), request.controller_id, request.id)
    waiting = [one.recipient for one in owed if one.status not in notices.SETTLED]
    if waiting:
        raise Conflict(
            f"not confirmed yet: {', '.join(waiting)}; see GET /v1/recipient-notices?open=true",
            code="recipients_not_confirmed",
            recipients=waiting,
        )


def stop_clock(session: Session, request: RightsRequest, cause: str) -> None:
    """Let the clock stand still for a cause, where the policy names it and time is left."""
    now = utcnow()
    may_stop = cause in policy_of(session, request).rights.clock_stops_for
    if may_stop and request.clock_stopped_at is None and now < request.ends_at:
        request.clock_stopped_at = now
    _save(session, request)


def run_on(session: Session, request: RightsRequest) -> None:
    """Let a clock that stood still run on, unless something else is still waited for."""
    policy = policy_of(session, request)
    waited = {request.asked_about, FEE if states.owes_fee(request) else None}
    if request.clock_stopped_at is not None and not waited & policy.rights.clock_stops_for:
        days = WorkCalendar.of(policy)
        stopped_on = days.day_of(request.clock_stopped_at)
        pause = [stopped_on.isoformat(), days.day_of(utcnow()).isoformat()]
        request.pauses = [*request.pauses, pause]
        request.clock_stopped_at = None
    _reschedule(session, request)


def _reschedule(session: Session, request: RightsRequest) -> None:
    """Count the period anew: with its extension, and without the days that the clock stood."""
    policy = policy_of(session, request)
    days, allowed = WorkCalendar.of(policy), policy.rights.extension
    until = due(
        days,
        request.received_at,
        policy.rights.due[request.kind],
        extension=allowed.by if allowed and request.extended_at else None,
        pauses=[(date.fromisoformat(a), date.fromisoformat(b)) for a, b in request.pauses],
    )
    request.due_on, request.legal_end_on = until.target, until.legal_end
    request.ends_at = days.end_of(until.legal_end)
    if request.ends_at > utcnow():
        request.overdue_at = None
    _save(session, request)


def _save(session: Session, request: RightsRequest) -> None:
    request.updated_at = utcnow()
    session.flush()
