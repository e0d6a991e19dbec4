"""Proving by a one-time link that the person who asks reads the mail of the address."""

import uuid

from flask import current_app
from sqlalchemy.orm import Session

from crm_service.db import driver_connection
from crm_service.proofs import service as proofs
from crm_service.proofs.service import Handing
from crm_service.rights import course
from crm_service.rights.models import RightsRequest
from crm_service.web import limits
from crm_service.web.limits import Limit

#: Links that operators send for one request.
_LINKS = Limit("rights-links", quota=5, seconds=3600)


def throttle(controller_id: uuid.UUID, request_id: uuid.UUID) -> None:
    """Count one more link for a request. Raises ``Problem`` 429."""
    limits.take(_LINKS.of(controller_id, request_id))


def send_link(session: Session, request: RightsRequest, *, actor: str) -> None:
    """Have a link sent to the address; using it establishes the identity.

    It goes out as every proof does: to the controller's mailer, or by the service itself. Raises
    ``Conflict`` (``wrong_status``).
    """
    course.await_proof(session, request, actor=actor)
    proofs.request(
        driver_connection(session),
        request.controller_id,
        handing=Handing.by(current_app.extensions["crm.settings"]),
        subject_id=request.subject_id,
        address_key=request.address_key,
        purpose="rights",
        valid_for=proofs.LONG,
        language=request.language,
        payload={"request_id": str(request.id)},
        correlation=request.id,
    )
