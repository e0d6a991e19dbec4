"""Permissions that are stated together with a contact, in the same transaction."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.contacts import admitting
from crm_service.contacts.facts import EMAIL, PHONE, Origin
from crm_service.contacts.models import Contact
from crm_service.db import Connection, driver_connection
from crm_service.errors import Conflict, DomainError, Invalid
from crm_service.permissions import service as permissions
from crm_service.permissions import targets
from crm_service.policies.document import Policy
from crm_service.policies.vocabulary import NO_MESSAGE

#: Which address of a contact a channel is keyed by; e-mail stands for the person where a channel
#: has no address of its own to compare. Ad platforms match people by e-mail.
_ADDRESS = {
    "email": EMAIL,
    "sms": PHONE,
    "phone": PHONE,
    "post": EMAIL,
    "ads_facebook": EMAIL,
    "ads_instagram": EMAIL,
    "ads_google": EMAIL,
    NO_MESSAGE: EMAIL,
}


def state_all(
    session: Session,
    policy: Policy,
    contact: Contact,
    statements: Sequence[Mapping[str, Any]],
    origin: Origin,
) -> list[permissions.Outcome]:
    """Record what is stated about a contact that the caller holds, all of it or nothing.

    Raises what ``permissions.service.record`` raises, each field named with the place of its
    statement: ``permissions.0.evidence.method``.
    """
    outcomes = []
    for number, statement in enumerate(statements):
        try:
            outcomes.append(state(session, policy, contact, statement, origin))
        except DomainError as error:
            raise _placed(error, f"permissions.{number}") from None
    return outcomes


def state(
    session: Session,
    policy: Policy,
    contact: Contact,
    statement: Mapping[str, Any],
    origin: Origin,
) -> permissions.Outcome:
    """Record one grant, request, withdrawal or objection of a contact that the caller holds.

    Raises what ``permissions.service.record`` raises, ``Invalid`` (``address_missing``,
    ``fields_missing``), and ``Conflict`` (``restricted``) for a basis that is not the person's own
    word.
    """
    connection = driver_connection(session)
    if contact.restricted_at is not None and _adds_a_basis(statement):
        _admit(connection, policy, contact, origin)
    grant = _grant(connection, policy, contact, statement, origin)
    _require_fields(policy, contact, grant)
    outcome = permissions.record(
        connection,
        contact.controller_id,
        policy,
        grant,
        recorded_by=origin.actor,
        correlation=origin.correlation,
    )
    audit.record(
        connection,
        contact.controller_id,
        actor=origin.actor,
        action="permissions.record",
        subject_id=contact.id,
        purpose=grant.target.purpose,
        details={"state": grant.state, "outcome": outcome.outcome},
    )
    return outcome


def _require_fields(policy: Policy, contact: Contact, grant: permissions.Grant) -> None:
    """Refuse a grant for a purpose that takes more than is known; no other is (clause no-01)."""
    purpose = policy.purposes.get(grant.target.purpose)
    if purpose is None or grant.state != "granted":
        return
    missing = sorted(name for name in purpose.required_fields if not getattr(contact, name))
    if missing:
        raise Invalid(
            f"the purpose {purpose.slug} takes: {', '.join(missing)}",
            code="fields_missing",
            errors={name: [f"is needed for the purpose {purpose.slug}"] for name in missing},
        )


def _admit(connection: Connection, policy: Policy, contact: Contact, origin: Origin) -> None:
    admitting.admit(
        connection,
        contact.controller_id,
        policy,
        contact.id,
        admitting.Addition(fields=["permissions"]),
        necessity=origin.necessity,
        actor=origin.actor,
    )


def _adds_a_basis(statement: Mapping[str, Any]) -> bool:
    """Tell whether a basis other than the person's own word is stated (GDPR Art. 18(2))."""
    return statement["state"] in {"granted", "pending"} and statement["basis"] != "consent"


def _grant(
    connection: Connection,
    policy: Policy,
    contact: Contact,
    statement: Mapping[str, Any],
    origin: Origin,
) -> permissions.Grant:
    target = targets.resolve(
        connection,
        contact.controller_id,
        topic=statement.get("topic"),
        purpose=statement.get("purpose"),
    )
    channel = statement["channel"] or targets.usual_channel(policy, target)
    return permissions.Grant(
        subject_id=contact.id,
        address_key=address_key_for(contact, channel),
        channel=channel,
        target=target,
        basis=statement["basis"],
        evidence=statement.get("evidence") or {},
        anchor_at=contact.added_at,
        source=origin.source.kind,
        state=statement["state"],
        occurred_at=statement.get("occurred_at"),
    )


def has_address(contact: Contact, channel: str) -> bool:
    """Tell whether a permission of the contact for this channel could be recorded."""
    kind = _ADDRESS.get(channel)
    return kind is not None and getattr(contact, f"{kind}_key") is not None


def address_key_for(contact: Contact, channel: str) -> uuid.UUID:
    """Return the key of the address that the channel reaches.

    Raises ``Invalid`` (``address_missing``).
    """
    kind = _ADDRESS.get(channel)
    key: uuid.UUID | None = getattr(contact, f"{kind}_key") if kind else None
    if key is None:
        raise Invalid(
            "the contact has no address for this channel",
            code="address_missing",
            errors={"channel": ["the contact has no address for it"]},
        )
    return key


def _placed(error: DomainError, place: str) -> DomainError:
    errors = {f"{place}.{name}": messages for name, messages in error.errors.items()}
    kind = Conflict if isinstance(error, Conflict) else Invalid
    named = errors or {place: [str(error)]}
    return kind(str(error), code=error.code, errors=named, **error.extra)
