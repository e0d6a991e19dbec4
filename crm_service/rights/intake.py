"""Receiving a request: the clock starts, and what never waits happens at once (rules 16 and 32)."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm_service.clock import utcnow
from crm_service.contacts import facts as contact_facts
from crm_service.contacts import reading
from crm_service.contacts import service as contacts
from crm_service.contacts.reading import Contact
from crm_service.db import driver_connection
from crm_service.errors import Invalid
from crm_service.outbox.rights_events import RightsRequestReceived
from crm_service.permissions import targets
from crm_service.policies.document import Policy
from crm_service.policies.rights import REQUEST_GROUNDS
from crm_service.rights import announcing, executing, letters, states
from crm_service.rights.deadlines import WorkCalendar, due
from crm_service.rights.models import RightsRequest
from crm_service.subjects import service as subjects

#: The way a request came (clause no-11).
CAME_BY = ("email", "post", "portal", "phone", "in_person", "other")

#: Leaving needs no proof of who one is: it can harm nobody, and must not wait (ee-14, ee-15).
_WITHOUT_PROOF = frozenset({"objection", "withdrawal"})

_AS_ASKED = ("kind", "received_by", "ground", "purpose", "topic", "details")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody asks, and how that came in. Exactly one of ``email`` and ``contact_id``.

    ``purpose`` or ``topic`` narrow an objection or a withdrawal; all marketing without.
    """

    kind: str
    received_by: str
    received_at: datetime | None = None
    email: str | None = None
    contact_id: uuid.UUID | None = None
    ground: str | None = None
    purpose: str | None = None
    topic: str | None = None
    details: str | None = None
    language: str | None = None


def receive(
    session: Session,
    controller_id: uuid.UUID,
    policy: Policy,
    asked: Asked,
    *,
    pepper: bytes,
    actor: str,
) -> RightsRequest:
    """Record a request and return it.

    An objection to marketing and a withdrawal end permissions and suppress in this very
    transaction. Raises ``NotFound`` for an unknown contact or topic, ``Invalid`` for what the
    policy does not offer: ``kind_not_offered``, ``unknown_ground``, ``unknown_purpose``.
    """
    _check(session, controller_id, policy, asked)
    subject_id, contact = _subject(session, controller_id, asked, pepper)
    request = RightsRequest(
        id=uuid.uuid4(),
        controller_id=controller_id,
        subject_id=subject_id,
        address_key=_key(asked, contact, pepper),
        email=contact.email if contact else asked.email,
        language=letters.language(policy, _languages(asked, contact)),
        recorded_by=actor,
        policy_version=policy.version,
        pauses=[],
        executed={},
        **{name: getattr(asked, name) for name in _AS_ASKED},
        **_course(policy, asked),
    )
    session.add(request)
    session.flush()
    _announce(session, request, actor)
    executing.at_once(session, policy, request, actor=actor)
    return request


def _course(policy: Policy, asked: Asked) -> dict[str, Any]:
    """Return the status and the dates that a request begins with."""
    now = utcnow()
    received_at = min(asked.received_at or now, now)
    days = WorkCalendar.of(policy)
    until = due(days, received_at, policy.rights.due[asked.kind])
    needs_no_proof = asked.kind in _WITHOUT_PROOF
    return {
        "status": states.IN_PROGRESS if needs_no_proof else states.RECEIVED,
        "received_at": received_at,
        "due_on": until.target,
        "legal_end_on": until.legal_end,
        "ends_at": days.end_of(until.legal_end),
        "identified_at": now if needs_no_proof else None,
        "identified_by": "not_needed" if needs_no_proof else None,
        "created_at": now,
        "updated_at": now,
    }


def _check(session: Session, controller_id: uuid.UUID, policy: Policy, asked: Asked) -> None:
    if asked.kind not in policy.rights.due:
        _refuse("kind_not_offered", "kind", policy.rights.due)
    grounds = policy.rights.grounds.get(asked.kind, REQUEST_GROUNDS)
    if asked.ground is not None and asked.ground not in grounds:
        _refuse("unknown_ground", "ground", grounds)
    if asked.purpose is not None and asked.purpose not in policy.purposes:
        _refuse("unknown_purpose", "purpose", policy.purposes)
    if asked.topic is not None:
        targets.resolve(driver_connection(session), controller_id, topic=asked.topic)


def _refuse(code: str, field: str, allowed: Iterable[str]) -> None:
    choices = ", ".join(sorted(allowed))
    raise Invalid(
        f"the policy allows for {field}: {choices}",
        code=code,
        errors={field: [f"must be one of: {choices}"]},
    )


def _subject(
    session: Session, controller_id: uuid.UUID, asked: Asked, pepper: bytes
) -> tuple[uuid.UUID, Contact | None]:
    """Return whom it is about, under the lock; an address never seen gets a subject of its own."""
    if asked.contact_id is not None:
        contact = contacts.hold(session, controller_id, asked.contact_id)
        return contact.id, contact
    key = contact_facts.email_key(asked.email or "", pepper)
    connection = driver_connection(session)
    subject_id = subjects.lock_by_key(connection, controller_id, key, kind=contact_facts.EMAIL)
    return subject_id, reading.hold_known(session, controller_id, subject_id)


def _key(asked: Asked, contact: Contact | None, pepper: bytes) -> uuid.UUID:
    return contact.email_key if contact else contact_facts.email_key(asked.email or "", pepper)


def _languages(asked: Asked, contact: Contact | None) -> tuple[str | None, ...]:
    return asked.language, contact.language if contact else None


def _announce(session: Session, request: RightsRequest, actor: str) -> None:
    event = RightsRequestReceived(
        **announcing.envelope(request), received_by=request.received_by, due_on=request.due_on
    )
    announcing.tell(session, request, "receive", actor, event)
