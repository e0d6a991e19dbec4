"""HTTP for asking an operator for help (clause ee-21)."""

import uuid
from typing import Any

import marshmallow as ma

from crm_service.controllers import assistance
from crm_service.controllers.assistance import Assistance
from crm_service.db import driver_connection, transaction
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.moments import Moment

blp = Blueprint(
    "assistance",
    __name__,
    url_prefix="/v1/assistance-requests",
    description="Letting an operator act inside one's data, for a time",
)


class NewAssistance(ma.Schema):
    """Who asks for what, and until when an operator may act."""

    requested_by = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 200), metadata={"example": "head of sales"}
    )
    task = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 2000),
        metadata={"example": "import the list that we sent on Monday"},
    )
    ends_at = Moment(required=True, metadata={"example": "2030-01-01T00:00:00Z"})


class AssistanceShape(NewAssistance):
    """A request for help."""

    id = ma.fields.UUID(required=True)
    ended_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "taken back", "example": None}
    )
    recorded_by = ma.fields.String(required=True)
    recorded_at = ma.fields.AwareDateTime(required=True)


class AssistancePage(ma.Schema):
    """A page of requests."""

    items = ma.fields.List(ma.fields.Nested(AssistanceShape), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


@blp.post("")
@requires("assistance:manage")
@blp.arguments(NewAssistance)
@blp.response(201, AssistanceShape)
def ask_for_assistance(new: dict[str, Any]) -> Assistance:
    """Ask for help: an operator may act inside the controller's data until `ends_at`."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        return assistance.ask(connection, caller.controller_id, actor=caller.actor, **new)


@blp.get("")
@requires("assistance:manage")
@blp.arguments(paging.PageQuery, location="query")
@blp.response(200, AssistancePage)
def list_assistance(query: dict[str, Any]) -> dict[str, Any]:
    """List requests, those that are over included."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        found = assistance.listing(
            driver_connection(session),
            caller.controller_id,
            after=paging.after_id(query["cursor"]),
            limit=query["limit"] + 1,
        )
    return paging.page(found, query["limit"], lambda one: [one.id])


@blp.post("/<uuid:assistance_id>/end")
@requires("assistance:manage")
@blp.response(200, AssistanceShape)
def end_assistance(assistance_id: uuid.UUID) -> Assistance:
    """Take a request back: no operator acts on it from now on."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        return assistance.end(connection, caller.controller_id, assistance_id, actor=caller.actor)
