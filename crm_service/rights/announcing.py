"""What every step of a request leaves behind: its event and its audit entry (rules 25 and 38)."""

from typing import Any

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import driver_connection
from crm_service.outbox import service as outbox
from crm_service.outbox.events import Event
from crm_service.rights.models import RightsRequest


def envelope(request: RightsRequest) -> dict[str, Any]:
    """Return what all events about a request say; they share its id as their correlation."""
    return {
        "subject_id": request.subject_id,
        "occurred_at": utcnow(),
        "correlation": request.id,
        "request_id": request.id,
        "kind": request.kind,
    }


def tell(
    session: Session,
    request: RightsRequest,
    step: str,
    actor: str,
    event: Event | None = None,
    **details: Any,
) -> None:
    """Record one step; the caller holds the subject's lock where there is an event."""
    connection = driver_connection(session)
    if event is not None:
        outbox.record(connection, request.controller_id, [event])
    audit.record(
        connection,
        request.controller_id,
        actor=actor,
        action=f"rights.{step}",
        subject_id=request.subject_id,
        details={"request_id": str(request.id), "kind": request.kind, **details},
    )
