"""Finding requests."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from crm_service.errors import NotFound
from crm_service.rights.models import RightsRequest
from crm_service.rights.states import OPEN, STATUSES

#: Written out, so that the index over requests that are not closed is seen to hold them.
_STATUSES: Mapping[str, sa.ColumnElement[str]] = {
    status: sa.literal_column(f"'{status}'", sa.Text) for status in STATUSES
}


def get(session: Session, controller_id: uuid.UUID, request_id: uuid.UUID) -> RightsRequest:
    """Return a request. Raises ``NotFound`` (``unknown_rights_request``)."""
    query = sa.select(RightsRequest).where(
        RightsRequest.controller_id == controller_id, RightsRequest.id == request_id
    )
    # As it is now: the lock of its subject may have been waited for since it was last read.
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("there is no such request", code="unknown_rights_request")
    return found


def page(
    session: Session,
    controller_id: uuid.UUID,
    *,
    filters: Mapping[str, Any],
    now: datetime,
    after: tuple[date, uuid.UUID] | None,
    limit: int,
) -> Sequence[RightsRequest]:
    """Return requests by their target day, behind ``after``.

    ``filters``: ``status``, ``kind``, ``contact_id``; ``overdue`` (open, the last day in time is
    over, the clock runs) and ``due_by`` (a date: open, not overdue, aimed at by then).
    """
    return session.scalars(selecting(controller_id, filters, now, after).limit(limit)).all()


def selecting(
    controller_id: uuid.UUID,
    filters: Mapping[str, Any],
    now: datetime,
    after: tuple[date, uuid.UUID] | None,
) -> sa.Select[RightsRequest]:
    """Return the query that finds them."""
    own = RightsRequest.controller_id == controller_id
    query = sa.select(RightsRequest).where(own, *_conditions(filters, now))
    if after is not None:
        position = sa.tuple_(RightsRequest.due_on, RightsRequest.id)
        query = query.where(position > sa.tuple_(*map(sa.literal, after)))
    return query.order_by(RightsRequest.due_on, RightsRequest.id)


def _conditions(filters: Mapping[str, Any], now: datetime) -> list[sa.ColumnElement[bool]]:
    is_late = sa.and_(RightsRequest.ends_at <= now, RightsRequest.clock_stopped_at.is_(None))
    is_open = RightsRequest.status.in_([_STATUSES[status] for status in OPEN])
    columns = {
        "kind": RightsRequest.kind,
        "contact_id": RightsRequest.subject_id,
    }
    found = [column == filters[name] for name, column in columns.items() if name in filters]
    if "status" in filters:
        found.append(RightsRequest.status == _STATUSES[filters["status"]])
    if "overdue" in filters:
        late = sa.and_(is_open, is_late)
        found.append(late if filters["overdue"] else sa.not_(late))
    if "due_by" in filters:
        found += [is_open, sa.not_(is_late), RightsRequest.due_on <= filters["due_by"]]
    return found


def of_subject(
    session: Session, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> Sequence[RightsRequest]:
    """Return the requests of a person, the newest first."""
    query = (
        sa.select(RightsRequest)
        .where(RightsRequest.controller_id == controller_id)
        .where(RightsRequest.subject_id == subject_id)
        .order_by(RightsRequest.received_at.desc(), RightsRequest.id)
    )
    return session.scalars(query).all()


def before(session: Session, request: RightsRequest) -> dict[str, int]:
    """Count by kind the requests of the same person in the twelve months before this one.

    Evidence of whether it is excessive (GDPR Art. 12(5)). An address that was unknown has a subject
    of its own, which a contact made later does not share: the address finds those.
    """
    same = sa.or_(
        RightsRequest.subject_id == request.subject_id,
        RightsRequest.address_key == request.address_key,
    )
    since = sa.literal(request.received_at) - sa.func.make_interval(1)
    query = (
        sa.select(RightsRequest.kind, sa.func.count())
        .where(RightsRequest.controller_id == request.controller_id, same)
        .where(RightsRequest.received_at <= request.received_at)
        .where(RightsRequest.received_at > since, RightsRequest.id != request.id)
        .group_by(RightsRequest.kind)
        .order_by(RightsRequest.kind)
    )
    return {row[0]: row[1] for row in session.execute(query)}
