"""Taking sign-ups, handing them on, and confirming them (rules 4 and 17).

Taking one is the same work for every address: one row. Whether the address is known, blocked or
subscribed makes a difference only afterwards, in the worker, where nobody can measure it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from crm_service.clock import spelled, utcnow
from crm_service.contacts import facts as contact_facts
from crm_service.contacts import reading, stating
from crm_service.contacts import service as contacts
from crm_service.contacts.facts import Origin, Source
from crm_service.contacts.reading import Contact
from crm_service.db import Connection, driver_connection
from crm_service.errors import DomainError
from crm_service.outbox import service as outbox
from crm_service.outbox.events import ContactResubscribed
from crm_service.permissions import targets, wordings
from crm_service.permissions.targets import Target
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.proofs import service as proofs
from crm_service.proofs.service import Handing, Proof
from crm_service.subscriptions import repository
from crm_service.suppression import confirming
from crm_service.topics import service as topics_service

PURPOSE = "confirm_subscription"
SOURCE = "double_opt_in"
CHANNEL, BASIS = "email", "consent"
METHOD = "web form, confirmed by a link"


@dataclass(frozen=True, kw_only=True)
class SignUp:
    """What a web form says. ``page`` is the form's address or version."""

    email: str
    topics: Sequence[str]
    wording: Mapping[str, Any]
    page: str | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """What a confirmation led to: the topics that are sent from now on."""

    policy: Policy
    topics: list[Mapping[str, str]] = field(default_factory=list)


def admit(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    sign_up: SignUp,
    *,
    registers: bool,
) -> SignUp:
    """Refuse what no address could be subscribed to; return what is to be taken (rule 17).

    ``registers``: whether a new wording is registered by it; otherwise it must be one that is.
    Raises ``NotFound``, ``Invalid`` and ``Conflict``, as targets and wordings do.
    """
    for slug in sign_up.topics:
        target = targets.resolve(connection, controller_id, topic=slug)
        targets.check_target(policy, target, CHANNEL, BASIS)
    if not registers:
        return replace(sign_up, wording=wordings.cite(connection, controller_id, sign_up.wording))
    wordings.register(connection, controller_id, policy, {"wording": sign_up.wording})
    return sign_up


def take(
    connection: Connection, controller_id: uuid.UUID, sign_up: SignUp, *, address_key: uuid.UUID
) -> None:
    """Keep a sign-up until the worker hands it on: the same row for every address."""
    facts = {
        "id": uuid.uuid4(),
        "controller_id": controller_id,
        "address_key": address_key,
        "email": sign_up.email,
        "language": sign_up.language,
        "topics": sorted(set(sign_up.topics)),
        "evidence": Jsonb({"wording": dict(sign_up.wording), "source": sign_up.page}),
        "requested_at": utcnow(),
    }
    connection.execute(repository.ADD, facts)


def hand_on(
    session: Session,
    controller_id: uuid.UUID,
    request_id: uuid.UUID,
    *,
    handing: Handing,
    actor: str,
) -> bool:
    """Turn a sign-up into pending permissions and a confirmation link; False if it is gone.

    The contact is registered if nobody has the address; nothing else of a known one changes, and
    nothing is sent before the confirmation. What no longer fits the policy is dropped.
    """
    connection = driver_connection(session)
    found = {"controller_id": controller_id, "id": request_id}
    row = connection.execute(repository.TAKE, found).fetchone()
    if row is None:
        return False
    _, email, language, topics, kept, requested_at = row
    policy = policies.active(connection, controller_id)
    origin = Origin(actor=actor, source=Source(kind="website_form", reference=SOURCE))
    given = {"email": email} | ({"language": language} if language else {})
    pepper = handing.keyring.pepper(controller_id)
    contact = _bearer(session, controller_id, policy, given, pepper=pepper, origin=origin)
    evidence = _evidence(kept, requested_at)
    for slug in topics:
        stating.state(session, policy, contact, _statement(slug, "pending", evidence), origin)
    proofs.request(
        connection,
        controller_id,
        handing=handing,
        subject_id=contact.id,
        address_key=contact.email_key,
        purpose=PURPOSE,
        valid_for=proofs.LONG,
        language=language or contact.language,
        payload={"topics": topics, "evidence": kept, "requested_at": spelled(requested_at)},
        correlation=origin.correlation,
    )
    return True


def _bearer(
    session: Session,
    controller_id: uuid.UUID,
    policy: Policy,
    given: Mapping[str, str],
    *,
    pepper: bytes,
    origin: Origin,
) -> Contact:
    """Return the contact that bears the address, under its lock; a new one if nobody does."""
    key = contact_facts.email_key(given["email"], pepper)
    known = reading.hold_bearer(session, controller_id, key)
    if known is not None:
        return known
    allowed = {name: value for name, value in given.items() if policy.allows_field(name)}
    registered = contacts.register(
        session, controller_id, policy, given=allowed, pepper=pepper, origin=origin
    )
    return registered.contact


def confirm(session: Session, policy: Policy, proof: Proof) -> Confirmed:
    """Use a link up: record the consent with both times, and lift what it may lift (rule 4).

    Raises ``Unusable`` for a link that was used meanwhile.
    """
    connection = driver_connection(session)
    controller_id = proof.controller_id
    used = proofs.redeem(connection, controller_id, proof.id, purpose=PURPOSE)
    if not used.is_current:
        raise proofs.Unusable("nobody bears this address any more")
    contact = contacts.hold(session, controller_id, used.subject_id)
    now, requested_at = utcnow(), datetime.fromisoformat(used.payload["requested_at"])
    evidence = _evidence(used.payload["evidence"], requested_at) | {
        "double_opt_in": {"requested_at": requested_at, "confirmed_at": now}
    }
    origin = Origin(actor="recipient", source=Source(kind="website_form", reference=SOURCE))
    confirmed = Confirmed(policy=policy)
    wanted = []
    for slug in used.payload["topics"]:
        try:
            target = targets.resolve(connection, controller_id, topic=slug)
            stating.state(session, policy, contact, _statement(slug, "granted", evidence), origin)
        except DomainError:
            # The topic is gone, or the policy relies on consent for it no longer.
            continue
        wanted.append(target)
        confirmed.topics.append(_name(connection, controller_id, slug))
    _open(connection, controller_id, contact, wanted, origin)
    return confirmed


def _open(
    connection: Connection,
    controller_id: uuid.UUID,
    contact: Contact,
    wanted: Sequence[Target],
    origin: Origin,
) -> None:
    """Lift the blocks on the topics; say so of each topic that was blocked."""
    opened = confirming.lift_for(
        connection,
        controller_id,
        contact.email_key,
        topic_ids=[target.topic_id for target in wanted if target.topic_id],
        correlation=origin.correlation,
    )
    events = [
        ContactResubscribed(
            subject_id=contact.id,
            occurred_at=utcnow(),
            correlation=origin.correlation,
            address_key=contact.email_key,
            channel=CHANNEL,
            topic=target.topic,
            scope="topic",
            source=SOURCE,
        )
        for target in wanted
        if opened
    ]
    outbox.record(connection, controller_id, events)


def names(
    connection: Connection, controller_id: uuid.UUID, slugs: Sequence[str]
) -> list[Mapping[str, str]]:
    """Return what the topics are called, by language each."""
    return [_name(connection, controller_id, slug) for slug in slugs]


def _name(connection: Connection, controller_id: uuid.UUID, slug: str) -> Mapping[str, str]:
    found = topics_service.find(connection, controller_id, slug)
    return found.name if found else {"en": slug}


def _evidence(kept: Mapping[str, Any], requested_at: datetime) -> dict[str, Any]:
    stated = {"method": METHOD, "occurred_at": requested_at, "wording": kept["wording"]}
    return stated | ({"source": kept["source"]} if kept.get("source") else {})


def _statement(slug: str, state: str, evidence: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "topic": slug,
        "channel": CHANNEL,
        "basis": BASIS,
        "state": state,
        "evidence": evidence,
    }
