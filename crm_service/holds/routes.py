"""HTTP for holds: a contact's, and each by its id."""

import uuid
from typing import Any

from flask.typing import ResponseReturnValue

from crm_service.db import Connection, driver_connection, transaction
from crm_service.holds import schemas as shapes
from crm_service.holds import service
from crm_service.holds.standing import Hold, today
from crm_service.policies import service as policies
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

_ABOUT = "Holds: why retention and erasure must not delete"

blp = Blueprint(
    "holds", __name__, url_prefix="/v1/contacts/<uuid:contact_id>/holds", description=_ABOUT
)
by_id = Blueprint("holds_by_id", __name__, url_prefix="/v1/holds", description=_ABOUT)


@blp.post("")
@requires("holds:write")
@blp.arguments(shapes.NewHold)
@blp.response(201, shapes.HoldShape)
def place_hold(new: dict[str, Any], contact_id: uuid.UUID) -> ResponseReturnValue:
    """Hold a contact's data: neither retention nor erasure deletes what is held.

    An objection to marketing and a withdrawal take effect all the same.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = service.place(
            connection, caller.controller_id, contact_id, facts=new, actor=caller.actor
        )
        return _dump(connection, caller.controller_id, [found])[0], 201


@blp.get("")
@requires("holds:read")
@blp.response(200, shapes.HoldList)
def list_holds_of_contact(contact_id: uuid.UUID) -> dict[str, Any]:
    """List a contact's holds, the oldest first, also those that are over."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = service.of_contact(connection, caller.controller_id, contact_id, actor=caller.actor)
        return {"items": _dump(connection, caller.controller_id, found)}


@by_id.get("")
@requires("holds:read")
@by_id.arguments(shapes.HoldQuery, location="query")
@by_id.response(200, shapes.HoldPage)
def list_holds(query: dict[str, Any]) -> dict[str, Any]:
    """List holds, the oldest first; `standing=true` those that bar deletion today."""
    caller = principal()
    limit, cursor = query.pop("limit"), query.pop("cursor")
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = service.page(
            connection,
            caller.controller_id,
            **query,
            after=paging.after_moment(cursor),
            limit=limit,
            actor=caller.actor,
        )
        rows = _dump(connection, caller.controller_id, found)
    return paging.page(rows, limit, lambda one: [one["set_at"], one["id"]])


@by_id.post("/<uuid:hold_id>/resolution")
@requires("holds:write")
@by_id.arguments(shapes.Resolution)
@by_id.response(200, shapes.HoldShape)
@by_id.alt_response(409, "CONFLICT")
def resolve_dispute(given: dict[str, Any], hold_id: uuid.UUID) -> dict[str, Any]:
    """Record how a dispute ended: it holds for the policy's term from the day that became final.

    409 `resolved_already`, `lifted_already`, `not_a_dispute`.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = service.resolve(
            connection, caller.controller_id, hold_id, **given, actor=caller.actor
        )
        return _dump(connection, caller.controller_id, [found])[0]


@by_id.post("/<uuid:hold_id>/lift")
@requires("holds:write")
@by_id.arguments(shapes.HoldLift)
@by_id.response(200, shapes.HoldShape)
@by_id.alt_response(409, "CONFLICT")
def lift_hold(given: dict[str, Any], hold_id: uuid.UUID) -> dict[str, Any]:
    """Lift a hold for written reasons. 409 `lifted_already`."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = service.lift(connection, caller.controller_id, hold_id, **given, actor=caller.actor)
        return _dump(connection, caller.controller_id, [found])[0]


def _dump(
    connection: Connection, controller_id: uuid.UUID, found: list[Hold]
) -> list[dict[str, Any]]:
    day = today(policies.active(connection, controller_id))
    return [{**vars(hold), "stands": hold.stands(day)} for hold in found]
