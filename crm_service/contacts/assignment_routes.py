"""HTTP for assigning contacts to client managers (clause ws-02)."""

import uuid
from typing import Any

import marshmallow as ma

from crm_service.contacts import assigning
from crm_service.contacts.schemas import ContactFilter
from crm_service.db import driver_connection, transaction
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "assignments", __name__, url_prefix="/v1", description="Which client manager has which contacts"
)

MAX_CONTACTS = 10_000


def _manager() -> ma.fields.String:
    return ma.fields.String(
        required=True,
        allow_none=True,
        validate=ma.validate.Length(1, 63),
        metadata={"description": "the client manager's label; null: nobody", "example": "anna"},
    )


class NewAssignment(ma.Schema):
    """To whom."""

    manager = _manager()


class Assignment(NewAssignment):
    """Who looks after a contact."""

    assigned_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class NewAssignments(NewAssignment):
    """To whom, and which contacts: by id, or by a filter."""

    contact_ids = ma.fields.List(
        ma.fields.UUID(), validate=ma.validate.Length(1, MAX_CONTACTS), load_default=None
    )
    filter = ma.fields.Nested(ContactFilter, load_default=dict)


class Assigned(ma.Schema):
    """What came of it."""

    assigned = ma.fields.Integer(
        required=True, metadata={"description": "contacts whose client manager changed"}
    )


@blp.put("/contacts/<uuid:contact_id>/assignment")
@requires("contacts:assign")
@blp.arguments(NewAssignment)
@blp.response(200, Assignment)
def assign_contact(new: dict[str, Any], contact_id: uuid.UUID) -> assigning.Assignment:
    """Assign a contact to a client manager, who alone of them sees it from then on."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        return assigning.assign(
            session,
            caller.controller_id,
            contact_id,
            manager=new["manager"],
            actor=caller.actor,
        )


@blp.get("/contacts/<uuid:contact_id>/assignment")
@requires("contacts:read", client_managers=True)
@blp.response(200, Assignment)
def get_assignment(contact_id: uuid.UUID) -> assigning.Assignment:
    """Tell which client manager a contact is assigned to."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        return assigning.read(session, caller.controller_id, contact_id, actor=caller.actor)


@blp.post("/assignments")
@requires("contacts:assign")
@blp.arguments(NewAssignments)
@blp.response(200, Assigned)
def assign_contacts(new: dict[str, Any]) -> dict[str, int]:
    """Assign many contacts at once: those named, or all that the filter selects."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        changed = assigning.assign_all(
            driver_connection(session),
            caller.controller_id,
            manager=new["manager"],
            contact_ids=new["contact_ids"],
            filters=new["filter"],
            actor=caller.actor,
        )
        return {"assigned": changed}
