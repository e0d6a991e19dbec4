"""Doing what a request asks for.

An objection to marketing and a withdrawal never wait for a decision (GDPR Art. 21(3) and 7(3));
everything else follows from one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from crm_service.contacts import reading, stating
from crm_service.contacts.facts import EMAIL, PHONE
from crm_service.contacts.reading import Contact
from crm_service.db import driver_connection
from crm_service.errors import Conflict
from crm_service.holds.standing import Hold
from crm_service.outbox import service as outbox
from crm_service.outbox.events import ContactUnsubscribed
from crm_service.permissions import targets
from crm_service.permissions.targets import Target
from crm_service.policies.document import Policy
from crm_service.rights import changing, erasing, holding, pending
from crm_service.rights.models import RightsRequest
from crm_service.rights.packages import building, links
from crm_service.subjects import service as subjects
from crm_service.suppression import service as suppression
from crm_service.suppression.service import Block

SOURCE = erasing.SOURCE

#: What is stated about each permission, and why the address is blocked then.
_ENDING = {
    "objection": ("objected", "legitimate_interests", "objection"),
    "withdrawal": ("withdrawn", "consent", "unsubscribe"),
}


def never_waits(policy: Policy, request: RightsRequest) -> bool:
    """Tell whether the request takes effect on receipt, and can never be refused (ee-15)."""
    if request.kind == "withdrawal":
        return True
    return request.kind == "objection" and _is_marketing(policy, request)


def _is_marketing(policy: Policy, request: RightsRequest) -> bool:
    if request.topic is not None or request.purpose is None:
        return True
    return policy.purposes[request.purpose].category == "marketing"


def at_once(session: Session, policy: Policy, request: RightsRequest, *, actor: str) -> None:
    """Do what does not wait for a decision, if the request asks for that."""
    if never_waits(policy, request):
        request.executed = _end(session, policy, request, actor)
        session.flush()


def decided(
    session: Session,
    policy: Policy,
    request: RightsRequest,
    *,
    actor: str,
    pepper: bytes,
    changes: Mapping[str, Any],
) -> dict[str, Any]:
    """Do what was granted; return in numbers what was done.

    Of an erasure that holds stand against: what they leave room for.
    """
    holds = _holds(session, request) if request.kind == "erasure" else ()
    if holds:
        return holding.keep(session, policy, request, holds, actor=actor)
    if request.kind == "erasure":
        return _erase(session, request, actor=actor, pepper=pepper)
    if request.kind == "rectification":
        return changing.rectify(
            session, policy, request, actor=actor, pepper=pepper, changes=changes
        )
    if request.kind == "restriction":
        return changing.restrict(session, request, actor)
    if request.kind in _ENDING and not never_waits(policy, request):
        return _end(session, policy, request, actor)
    has_package = building.has_package(request)
    return links.offer(session, request, actor=actor) if has_package else dict(request.executed)


def _erase(
    session: Session, request: RightsRequest, *, actor: str, pepper: bytes
) -> dict[str, Any]:
    """Erase the person in full. What is to stay needs a hold that says why, before all is gone."""
    if request.outcome == "partly_granted":
        raise Conflict(
            "nothing holds this person's data, so everything would be erased: place a hold that "
            "says what must stay and why, refuse on a ground of the policy, or grant in full",
            code="nothing_held",
        )
    pending.refuse_before(driver_connection(session), request)
    return erasing.erase(driver_connection(session), request, actor=actor, pepper=pepper)


def _holds(session: Session, request: RightsRequest) -> Sequence[Hold]:
    connection = driver_connection(session)
    return holding.of(connection, request.controller_id, request.subject_id)


def _end(session: Session, policy: Policy, request: RightsRequest, actor: str) -> dict[str, Any]:
    """End every basis that the request names, on every channel, and block what is marketing."""
    target = _target(session, request)
    contact = reading.hold_known(session, request.controller_id, request.subject_id)
    ended = 0
    if contact is not None:
        for statement in _statements(policy, request, target, contact):
            outcome = stating.state(
                session, policy, contact, statement, changing.origin(request, actor)
            )
            ended += outcome.outcome == "recorded"
    blocked = 0
    if _is_marketing(policy, request):
        blocked = _block(session, request, target)
    if ended or blocked:
        _tell(session, request, target)
    return {"permissions_ended": ended, "suppressions_added": blocked}


def _target(session: Session, request: RightsRequest) -> Target | None:
    if request.topic is None and request.purpose is None:
        return None
    return targets.resolve(
        driver_connection(session),
        request.controller_id,
        topic=request.topic,
        purpose=request.purpose,
    )


def _statements(
    policy: Policy, request: RightsRequest, target: Target | None, contact: Contact
) -> Iterator[dict[str, Any]]:
    state, basis, _ = _ENDING[request.kind]
    named = [target] if target else [Target(p) for p in _marketing(policy)]
    for one in named:
        purpose = policy.purposes.get(one.purpose)
        for channel in sorted(purpose.reach if purpose else ()):
            if stating.has_address(contact, channel):
                yield {
                    "topic": one.topic,
                    "purpose": None if one.topic else one.purpose,
                    "channel": channel,
                    "basis": basis,
                    "state": state,
                    "occurred_at": request.received_at,
                }


def _marketing(policy: Policy) -> list[str]:
    return [slug for slug, one in policy.purposes.items() if one.category == "marketing"]


def _block(session: Session, request: RightsRequest, target: Target | None) -> int:
    connection = driver_connection(session)
    is_topic = target is not None and target.topic_id is not None
    blocks = [
        Block(
            address_key=address.address_key,
            scope="topic" if is_topic else "marketing",
            topic_id=target.topic_id if target else None,
            topic=target.topic if target else None,
            reason=_ENDING[request.kind][2],
            source=SOURCE,
            suppressed_at=request.received_at,
        )
        for address in subjects.addresses(connection, request.controller_id, request.subject_id)
        if address.kind in {EMAIL, PHONE}
    ]
    return suppression.suppress(connection, request.controller_id, blocks, correlation=request.id)


def _tell(session: Session, request: RightsRequest, target: Target | None) -> None:
    connection = driver_connection(session)
    held = subjects.addresses(connection, request.controller_id, request.subject_id)
    keys = [address.address_key for address in held if address.kind == EMAIL]
    event = ContactUnsubscribed(
        subject_id=request.subject_id,
        occurred_at=request.received_at,
        correlation=request.id,
        address_key=keys[0],
        channel=EMAIL,
        topic=target.topic if target else None,
        scope="topic" if target and target.topic else "marketing",
        source=SOURCE,
    )
    outbox.record(connection, request.controller_id, [event])
