"""HTTP for a contact's contracts."""

import uuid
from typing import Any

from flask.typing import ResponseReturnValue

from crm_service.contracts import schemas as shapes
from crm_service.contracts import service
from crm_service.db import driver_connection, transaction
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "contracts",
    __name__,
    url_prefix="/v1/contacts/<uuid:contact_id>/contracts",
    description="Contracts: since when, until when; what retention counts from",
)


@blp.post("")
@requires("contracts:write")
@blp.arguments(shapes.NewContract)
@blp.response(201, shapes.ContractShape)
@blp.alt_response(409, "CONFLICT")
def record_contract(new: dict[str, Any], contact_id: uuid.UUID) -> ResponseReturnValue:
    """Record a contract of a contact. 409 `contract_exists` for a reference that is recorded.

    409 `restricted`, `processing_stopped` unless `necessary_for` names a ground.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        found = service.add(
            driver_connection(session),
            caller.controller_id,
            contact_id,
            facts=new,
            actor=caller.actor,
        )
        return vars(found), 201


@blp.get("")
@requires("contracts:read")
@blp.response(200, shapes.ContractList)
def list_contracts(contact_id: uuid.UUID) -> dict[str, Any]:
    """List a contact's contracts, the oldest first."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        found = service.of_contact(
            driver_connection(session), caller.controller_id, contact_id, actor=caller.actor
        )
        return {"items": found}


@blp.patch("/<uuid:contract_id>")
@requires("contracts:write")
@blp.arguments(shapes.ContractChange)
@blp.response(200, shapes.ContractShape)
@blp.alt_response(409, "CONFLICT")
def change_contract(
    given: dict[str, Any], contact_id: uuid.UUID, contract_id: uuid.UUID
) -> service.Contract:
    """Change a contract, or end it: `ended_on`. A permission that rests on it is not touched.

    409 `restricted`, `processing_stopped` unless `necessary_for` names a ground.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        return service.change(
            driver_connection(session),
            caller.controller_id,
            contact_id,
            contract_id,
            facts=given,
            actor=caller.actor,
        )
