"""Looking at requests, each time with a note of who looked (rule 38)."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import driver_connection
from crm_service.rights import announcing, repository, states
from crm_service.rights.models import RightsRequest

#: How the service goes about it; of no use outside.
_INTERNAL = frozenset(
    {
        "controller_id",
        "address_key",
        "certificate",
        "certified_by",
        "recorded_by",
        "ends_at",
        "identity_note",
        "pauses",
        "overdue_at",
        "created_at",
        "updated_at",
    }
)
_SHOWN = tuple(
    column.name for column in RightsRequest.__table__.columns if column.name not in _INTERNAL
)


def read(
    session: Session, controller_id: uuid.UUID, request_id: uuid.UUID, *, actor: str
) -> RightsRequest:
    """Return one request. Raises ``NotFound`` (``unknown_rights_request``)."""
    request = repository.get(session, controller_id, request_id)
    announcing.tell(session, request, "read", actor)
    return request


def page(
    session: Session,
    controller_id: uuid.UUID,
    *,
    filters: Mapping[str, Any],
    after: tuple[date, uuid.UUID] | None,
    limit: int,
    actor: str,
) -> Sequence[RightsRequest]:
    """Return requests by their target day, and one beyond ``limit`` where there are more."""
    found = repository.page(
        session, controller_id, filters=filters, now=utcnow(), after=after, limit=limit + 1
    )
    audit.record(
        driver_connection(session),
        controller_id,
        actor=actor,
        action="rights.list",
        count=min(len(found), limit),
        details={"filters": {name: str(value) for name, value in filters.items()}},
    )
    return found


def facts(request: RightsRequest) -> dict[str, Any]:
    """Return what is shown of a request."""
    return {name: getattr(request, name) for name in _SHOWN} | {"overdue": is_overdue(request)}


def is_overdue(request: RightsRequest) -> bool:
    """Tell whether the last day in time is over, the clock runs, and nothing is decided."""
    runs = request.status in states.OPEN and request.clock_stopped_at is None
    return runs and request.ends_at <= utcnow()


def note_view(
    session: Session, controller_id: uuid.UUID, subject_id: uuid.UUID, count: int, *, actor: str
) -> None:
    """Note that somebody saw how far a person's requests have come."""
    audit.record(
        driver_connection(session),
        controller_id,
        actor=actor,
        action="rights.view",
        subject_id=subject_id,
        count=count,
    )
