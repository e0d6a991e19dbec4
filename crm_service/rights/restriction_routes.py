"""HTTP for restrictions of processing (GDPR Art. 18)."""

import uuid
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, Regexp

from crm_service.contacts import reading, restricting
from crm_service.contacts import service as contacts
from crm_service.db import driver_connection, transaction
from crm_service.notices import service as notices
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.moments import PastMoment

blp = Blueprint(
    "restrictions",
    __name__,
    url_prefix="/v1/contacts/<uuid:contact_id>",
    description="Data that are stored, and that is all (GDPR Art. 18)",
)


class NewRestrictionLift(ma.Schema):
    """Why the data are processed again, and when the person was told of it (Art. 18(3))."""

    justification = ma.fields.String(
        required=True,
        validate=[Length(1, 2000), Regexp(r"(?s).*\S")],
        metadata={"example": "the data were verified"},
    )
    informed_at = PastMoment(
        required=True, metadata={"description": "when the person was told, before it is lifted"}
    )


class RestrictionShape(ma.Schema):
    """One time during which data were only stored."""

    restricted_at = ma.fields.AwareDateTime(required=True)
    source = ma.fields.String(required=True, metadata={"example": "rights_request"})
    lifted_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    lifted_by = ma.fields.String(required=True, allow_none=True)
    justification = ma.fields.String(required=True, allow_none=True)
    informed_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class RestrictionList(ma.Schema):
    """Every restriction of a person, the first one first."""

    items = ma.fields.List(ma.fields.Nested(RestrictionShape), required=True)


@blp.post("/restriction/lift")
@requires("restrictions:lift")
@blp.arguments(NewRestrictionLift)
@blp.response(200, RestrictionList)
def lift_restriction(given: dict[str, Any], contact_id: uuid.UUID) -> dict[str, Any]:
    """Let a person's data be processed again; recipients that were told learn of it.

    The person is told before: 422 `informed_before_restriction`. 409 `not_restricted`.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        contacts.hold(session, caller.controller_id, contact_id)
        connection = driver_connection(session)
        restricting.lift(
            connection,
            caller.controller_id,
            contact_id,
            actor=caller.actor,
            source="operator",
            **given,
        )
        notices.owe(connection, caller.controller_id, [contact_id], cause="restriction_lifted")
        return {"items": restricting.history(connection, caller.controller_id, contact_id)}


@blp.get("/restrictions")
@requires("rights:read")
@blp.response(200, RestrictionList)
def list_restrictions(contact_id: uuid.UUID) -> dict[str, Any]:
    """List when a person's data were only stored, and why that ended."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        reading.read(session, caller.controller_id, contact_id, caller.actor)
        connection = driver_connection(session)
        return {"items": restricting.history(connection, caller.controller_id, contact_id)}
