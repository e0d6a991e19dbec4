"""HTTP for a contact's interactions and cases."""

import uuid
from typing import Any

from flask.typing import ResponseReturnValue

from crm_service.db import driver_connection, transaction
from crm_service.interactions import cases, service
from crm_service.interactions import schemas as shapes
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "interactions",
    __name__,
    url_prefix="/v1/contacts/<uuid:contact_id>",
    description="Calls, chats, meetings, orders, inquiries and notes",
)


@blp.post("/interactions")
@requires("interactions:write", client_managers=True)
@blp.arguments(shapes.NewInteraction)
@blp.response(201, shapes.Interaction)
def record_interaction(new: dict[str, Any], contact_id: uuid.UUID) -> ResponseReturnValue:
    """Record an interaction with what retention needs to know of it.

    A note is filed to a case by the case's reference, which opens it; it stays while the case is
    open. A recording is kept elsewhere and needs the reference of its record.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = service.add(
            connection, caller.controller_id, contact_id, facts=new, actor=caller.actor
        )
        return _dump(found), 201


@blp.get("/interactions")
@requires("interactions:read", client_managers=True)
@blp.arguments(shapes.InteractionQuery, location="query")
@blp.response(200, shapes.InteractionPage)
def list_interactions(query: dict[str, Any], contact_id: uuid.UUID) -> dict[str, Any]:
    """List a contact's interactions, those recorded last first."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        found = service.page(
            driver_connection(session),
            caller.controller_id,
            contact_id,
            kind=query["kind"],
            before=paging.after_moment(query["cursor"]),
            limit=query["limit"] + 1,
            actor=caller.actor,
        )
    page = paging.page(found, query["limit"], lambda one: [one.recorded_at, one.id])
    return {**page, "items": [_dump(one) for one in page["items"]]}


@blp.get("/cases")
@requires("interactions:read", client_managers=True)
@blp.response(200, shapes.CaseList)
def list_cases(contact_id: uuid.UUID) -> dict[str, Any]:
    """List a contact's cases, the oldest first."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        found = cases.of_contact(
            driver_connection(session), caller.controller_id, contact_id, actor=caller.actor
        )
        return {"items": found}


@blp.post("/cases/<uuid:case_id>/close")
@requires("interactions:write", client_managers=True)
@blp.response(200, shapes.Case)
def close_case(contact_id: uuid.UUID, case_id: uuid.UUID) -> cases.Case:
    """Close a case: what is filed to it goes by its term from then on."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        return cases.close(
            driver_connection(session),
            caller.controller_id,
            contact_id,
            case_id,
            actor=caller.actor,
        )


def _dump(found: service.Interaction) -> dict[str, Any]:
    facts = dict(vars(found))
    system, record_id = facts.pop("record_system"), facts.pop("record_id")
    facts["record"] = {"system": system, "id": record_id} if system else None
    facts["case"] = facts.pop("case_reference")
    return facts
