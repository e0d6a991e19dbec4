"""What can be done with a contact.

Every verb works in the caller's transaction under the lock of the contact's subject, and leaves its
event and its audit entry there (rules 25, 26 and 38). No verb lifts a suppression (rule 4).
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import (
    admitting,
    applying,
    bearing,
    facts,
    organizations,
    repository,
    sourcing,
    stating,
    storing,
)
from crm_service.contacts.bearing import Move
from crm_service.contacts.facts import EMAIL, Facts, Origin
from crm_service.contacts.models import Contact
from crm_service.contacts.restricting import follow
from crm_service.db import driver_connection
from crm_service.outbox import service as outbox
from crm_service.outbox.events import ContactCreated, ContactUpdated
from crm_service.permissions import restating
from crm_service.permissions.service import Outcome
from crm_service.policies.document import Policy
from crm_service.subjects import service as subjects


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A contact in the register, and what became of the permissions stated with it."""

    contact: Contact
    is_new: bool
    outcomes: Sequence[Outcome] = ()


def register(
    session: Session,
    controller_id: uuid.UUID,
    policy: Policy,
    *,
    given: Mapping[str, Any],
    pepper: bytes,
    origin: Origin,
    permissions: Sequence[Mapping[str, Any]] = (),
) -> Registered:
    """Add a person to the register. A suppressed address may be known; it stays suppressed.

    Raises ``Conflict`` (``contact_exists``, ``external_id_taken``) and what ``facts.check`` and
    the permissions raise; nothing is stored then.
    """
    checked = facts.check(policy, given, pepper=pepper)
    contact_id = _subject_of(session, controller_id, checked.columns["email_key"])
    if repository.find(session, controller_id, contact_id) is not None:
        raise bearing.exists_already(contact_id)
    contact = _add(session, controller_id, contact_id, checked, origin)
    outcomes = stating.state_all(session, policy, contact, permissions, origin)
    return Registered(contact=contact, is_new=True, outcomes=outcomes)


def upsert(
    session: Session,
    controller_id: uuid.UUID,
    policy: Policy,
    *,
    given: Mapping[str, Any],
    pepper: bytes,
    origin: Origin,
    permissions: Sequence[Mapping[str, Any]] = (),
) -> Registered:
    """Add the person, or update the contact behind the address.

    What is not given stays as it is. The address only finds the contact: its spelling, and where
    it is a former one the present address, stay. Raises what ``register`` raises but for
    ``contact_exists``.
    """
    email_key = facts.email_key(given[EMAIL], pepper)
    contact_id = _subject_of(session, controller_id, email_key)
    contact = repository.find(session, controller_id, contact_id)
    is_new = contact is None
    if contact is None:
        checked = facts.check(policy, given, pepper=pepper)
        contact = _add(session, controller_id, contact_id, checked, origin)
    else:
        rest = {name: value for name, value in given.items() if name != EMAIL}
        change(session, policy, contact, given=rest, pepper=pepper, origin=origin)
    outcomes = stating.state_all(session, policy, contact, permissions, origin)
    return Registered(contact=contact, is_new=is_new, outcomes=outcomes)


def hold(session: Session, controller_id: uuid.UUID, contact_id: uuid.UUID) -> Contact:
    """Return the contact under the lock of its subject: nobody else changes it meanwhile.

    Raises ``NotFound``.
    """
    subjects.lock(driver_connection(session), [contact_id])
    return repository.get(session, controller_id, contact_id)


def change(
    session: Session,
    policy: Policy,
    contact: Contact,
    *,
    given: Mapping[str, Any],
    pepper: bytes,
    origin: Origin,
) -> tuple[str, ...]:
    """Change a contact that the caller holds; return the names of the fields that changed.

    A changed address takes its blocks and permissions along and stays an alias (rule 6).
    ``added_at`` only ever moves earlier, and the terms with it (rule 20). Raises ``Conflict``
    (``contact_exists`` for an address of another contact, ``external_id_taken``, ``restricted``,
    ``processing_stopped``).
    """
    checked = facts.check(policy, given, pepper=pepper, region=contact.country)
    organizations.check_known(session, contact.controller_id, checked.columns)
    moves = applying.moves(contact, checked)
    bearing.claim_all(driver_connection(session), contact.controller_id, contact.id, moves)
    attributes = applying.sourced(contact, checked)
    changed = applying.apply(contact, checked)
    if changed:
        admitting.admit_change(session, policy, contact, checked, changed, origin)
        contact.version += 1
        contact.updated_at = utcnow()
        storing.flush(session)
        fields = {*changed, *attributes} - {"attributes"}
        sourcing.record(driver_connection(session), contact, fields, origin.source)
        _carry_over(session, policy, contact, moves, origin)
        if "added_at" in changed:
            _reanchor(session, policy, contact, origin)
        _announce_change(session, contact, changed, origin)
    _audit(session, contact, "contacts.update", origin.actor, changed)
    return changed


def _subject_of(session: Session, controller_id: uuid.UUID, email_key: uuid.UUID) -> uuid.UUID:
    return subjects.lock_by_key(driver_connection(session), controller_id, email_key, kind=EMAIL)


def _add(
    session: Session,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    checked: Facts,
    origin: Origin,
) -> Contact:
    organizations.check_known(session, controller_id, checked.columns)
    contact = applying.new(controller_id, contact_id, checked, origin.source, utcnow())
    session.add(contact)
    storing.flush(session)
    moves = applying.first_moves(contact)
    bearing.claim_all(driver_connection(session), controller_id, contact.id, moves)
    bearing.note_all(driver_connection(session), controller_id, moves)
    created = ContactCreated(
        subject_id=contact.id,
        occurred_at=contact.created_at,
        correlation=origin.correlation,
        source=origin.source.kind,
    )
    outbox.record(driver_connection(session), controller_id, [created])
    _match_lists(session, contact, origin)
    _audit(session, contact, "contacts.create", origin.actor, contact.known_fields())
    return contact


def _carry_over(
    session: Session, policy: Policy, contact: Contact, moves: Sequence[Move], origin: Origin
) -> None:
    connection = driver_connection(session)
    bearing.note_all(connection, contact.controller_id, moves)
    for move in moves:
        bearing.carry(
            connection,
            contact.controller_id,
            policy,
            move,
            contact_id=contact.id,
            recorded_by=origin.actor,
            correlation=origin.correlation,
        )
    if moves:
        follow(session, contact)
    if any(move.kind == EMAIL for move in moves):
        _match_lists(session, contact, origin)


def _match_lists(session: Session, contact: Contact, origin: Origin) -> None:
    bearing.match_lists(
        driver_connection(session),
        contact.controller_id,
        key=contact.email_key,
        email=contact.email,
        correlation=origin.correlation,
    )


def _reanchor(session: Session, policy: Policy, contact: Contact, origin: Origin) -> None:
    restating.reanchor(
        driver_connection(session),
        contact.controller_id,
        policy,
        subject_ids=[contact.id],
        anchors=[contact.added_at],
        recorded_by=origin.actor,
        correlation=origin.correlation,
    )


def _announce_change(
    session: Session, contact: Contact, changed: tuple[str, ...], origin: Origin
) -> None:
    event = ContactUpdated(
        subject_id=contact.id,
        occurred_at=contact.updated_at,
        correlation=origin.correlation,
        fields=changed,
        source=origin.source.kind,
    )
    outbox.record(driver_connection(session), contact.controller_id, [event])


def _audit(
    session: Session, contact: Contact, action: str, actor: str, fields: Sequence[str]
) -> None:
    audit.record(
        driver_connection(session),
        contact.controller_id,
        actor=actor,
        action=action,
        subject_id=contact.id,
        fields=fields,
    )
