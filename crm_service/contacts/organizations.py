"""Legal entities, and who represents them (clause ee-02).

Their own data are no personal data in the policy's eyes, so no event tells of them; every access is
in the audit log all the same, for an invoice address may name a person.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from crm_service.addresses import InvalidAddress, normalize_email
from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import repository, storing
from crm_service.contacts.facts import check_country, trimmed
from crm_service.contacts.models import Organization
from crm_service.db import driver_connection
from crm_service.errors import Invalid, NotFound

_TEXTS = ("name", "registration_no", "vat_no", "street", "postal_code", "city", "country")


def register(
    session: Session, controller_id: uuid.UUID, *, given: Mapping[str, Any], actor: str
) -> Organization:
    """Add an organization.

    Raises ``Conflict`` (``registration_no_taken``) and ``Invalid`` (``invalid_address``,
    ``invalid_country``, ``invalid_request`` without a name).
    """
    columns = _checked(given)
    now = utcnow()
    organization = Organization(
        id=uuid.uuid4(),
        controller_id=controller_id,
        **{"invoice_emails": [], **columns},
        version=1,
        created_at=now,
        updated_at=now,
    )
    session.add(organization)
    storing.flush(session)
    _audit(session, controller_id, "organizations.create", actor, [organization], sorted(columns))
    return organization


def hold(session: Session, controller_id: uuid.UUID, organization_id: uuid.UUID) -> Organization:
    """Return the organization; nobody else changes it meanwhile. Raises ``NotFound``."""
    organization = repository.find_organization(
        session, controller_id, organization_id, for_update=True
    )
    if organization is None:
        raise NotFound("no such organization")
    return organization


def change(
    session: Session, organization: Organization, *, given: Mapping[str, Any], actor: str
) -> None:
    """Change an organization that the caller holds. Raises what ``register`` raises."""
    columns = _checked(given)
    changed = [name for name, value in columns.items() if getattr(organization, name) != value]
    for name in changed:
        setattr(organization, name, columns[name])
    if changed:
        organization.version += 1
        organization.updated_at = utcnow()
        storing.flush(session)
    controller_id = organization.controller_id
    _audit(session, controller_id, "organizations.update", actor, [organization], sorted(changed))


def read(
    session: Session, controller_id: uuid.UUID, organization_id: uuid.UUID, actor: str
) -> Organization:
    """Return the organization. Raises ``NotFound``."""
    organization = repository.get_organization(session, controller_id, organization_id)
    _audit(session, controller_id, "organizations.read", actor, [organization])
    return organization


def listing(
    session: Session,
    controller_id: uuid.UUID,
    *,
    after: uuid.UUID | None,
    limit: int,
    actor: str,
) -> Sequence[Organization]:
    """Return organizations in the order of their ids, and one beyond ``limit`` if there are more.

    One audit entry for all of them.
    """
    found = repository.organizations_page(session, controller_id, after=after, limit=limit + 1)
    _audit(session, controller_id, "organizations.list", actor, found[:limit])
    return found


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {name: trimmed(given[name]) for name in _TEXTS if name in given}
    if "name" in columns and columns["name"] is None:
        raise Invalid("an organization has a name", errors={"name": ["must not be empty"]})
    check_country(columns.get("country"))
    if "invoice_emails" in given:
        columns["invoice_emails"] = [_invoice_email(text) for text in given["invoice_emails"]]
    return columns


def _invoice_email(text: str) -> str:
    try:
        normalize_email(text)
    except InvalidAddress as error:
        raise Invalid(
            f"an invoice address is not usable ({error.reason})",
            code=InvalidAddress.code,
            errors={"invoice_emails": [f"not a usable address ({error.reason})"]},
        ) from None
    return text.strip()


def _audit(
    session: Session,
    controller_id: uuid.UUID,
    action: str,
    actor: str,
    organizations: Sequence[Organization],
    fields: Sequence[str] = (*_TEXTS, "invoice_emails"),
) -> None:
    ids = [str(organization.id) for organization in organizations[:1]]
    audit.record(
        driver_connection(session),
        controller_id,
        actor=actor,
        action=action,
        fields=fields,
        count=len(organizations),
        details={"organization_id": ids[0]} if len(organizations) == 1 else {},
    )


def check_known(session: Session, controller_id: uuid.UUID, columns: Mapping[str, Any]) -> None:
    """Raise ``Invalid`` (``unknown_organization``) unless what a contact names is there.

    To a client manager only those are there that a contact of theirs represents (clause ws-02).
    """
    organization_id = columns.get("organization_id")
    if organization_id is None:
        return
    if repository.find_organization(session, controller_id, organization_id) is None:
        raise Invalid(
            "there is no such organization",
            code="unknown_organization",
            errors={"organization_id": ["must be an organization of this controller"]},
        )
