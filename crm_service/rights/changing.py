"""Rectifying and restricting: what changes of a contact when a person asks for it (rule 33)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from crm_service.contacts import reading, restricting
from crm_service.contacts import service as contacts
from crm_service.contacts.admitting import BY_RIGHT
from crm_service.contacts.facts import Necessity, Origin, Source
from crm_service.db import driver_connection
from crm_service.errors import Invalid, NotFound
from crm_service.notices import service as notices
from crm_service.policies.document import Policy
from crm_service.rights.models import RightsRequest

SOURCE = "rights_request"


def rectify(
    session: Session,
    policy: Policy,
    request: RightsRequest,
    *,
    actor: str,
    pepper: bytes,
    changes: Mapping[str, Any],
) -> dict[str, Any]:
    """Correct or complete what is held; recipients of it are told. Raises ``Invalid``."""
    if not changes:
        raise Invalid(
            "say what is corrected: changes holds the contact's fields as they are now",
            code="changes_missing",
            errors={"changes": ["name the fields that are corrected or completed"]},
        )
    contact = contacts.hold(session, request.controller_id, request.subject_id)
    changed = contacts.change(
        session, policy, contact, given=changes, pepper=pepper, origin=origin(request, actor)
    )
    owed = notices.owe(
        driver_connection(session),
        request.controller_id,
        [request.subject_id],
        cause="rectification",
        request_id=request.id,
        fields=changed,
    )
    return {"fields_changed": list(changed), "recipients_to_tell": owed}


def restrict(session: Session, request: RightsRequest, actor: str) -> dict[str, Any]:
    """Leave nothing but storing; recipients are told. Raises ``NotFound``."""
    connection = driver_connection(session)
    contact = reading.hold_known(session, request.controller_id, request.subject_id)
    if contact is None:
        raise NotFound("there is no contact behind this request", code="contact_not_found")
    is_new = restricting.restrict(
        connection,
        request.controller_id,
        request.subject_id,
        actor=actor,
        source=SOURCE,
        correlation=request.id,
    )
    owed = notices.owe(
        connection,
        request.controller_id,
        [request.subject_id],
        cause="restriction",
        request_id=request.id,
    )
    return {"restricted": is_new, "recipients_to_tell": owed}


def origin(request: RightsRequest, actor: str) -> Origin:
    """Return where the knowledge comes from: the person, by this request (rule 33)."""
    reference = f"rights request {request.id}"
    return Origin(
        actor=actor,
        source=Source(kind="person", reference=reference),
        necessity=Necessity(basis=BY_RIGHT, reference=reference),
        correlation=request.id,
    )
