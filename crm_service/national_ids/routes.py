"""HTTP for national identification numbers. A number never stands in a path or a query."""

import uuid
from typing import Any

from flask import current_app

from crm_service.contacts import admitting
from crm_service.contacts import service as contacts
from crm_service.db import driver_connection, transaction
from crm_service.national_ids import schemas, service
from crm_service.policies import service as policies
from crm_service.web import idempotency
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "national_ids",
    __name__,
    url_prefix="/v1",
    description="National identification numbers: sealed, masked, revealed on record",
)
_PLACE = "/contacts/<uuid:contact_id>/national-id"


@blp.put(_PLACE)
@requires("contacts:write")
@blp.arguments(schemas.NewNumber)
@blp.response(200, schemas.Masked)
def put_national_id(new: dict[str, Any], contact_id: uuid.UUID) -> service.NationalId:
    """Keep a contact's number.

    409 `national_id_taken` where another contact has it; `restricted`, `processing_stopped`.
    """
    caller = _caller()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        contacts.hold(session, caller.controller_id, contact_id)
        policy = policies.active(connection, caller.controller_id)
        admitting.admit(
            connection,
            caller.controller_id,
            policy,
            contact_id,
            service.addition(policy),
            necessity=new.pop("necessary_for", None),
            actor=caller.actor,
        )
        return service.put(connection, caller, policy, contact_id, **new)


@blp.get(_PLACE)
@requires("contacts:read")
@blp.response(200, schemas.Masked)
def show_national_id(contact_id: uuid.UUID) -> service.NationalId:
    """Return a contact's number, masked."""
    caller = _caller()
    with transaction(caller.controller_id) as session:
        return service.show(driver_connection(session), caller, contact_id)


@blp.delete(_PLACE)
@requires("contacts:write")
@blp.response(204)
def remove_national_id(contact_id: uuid.UUID) -> None:
    """Forget a contact's number."""
    caller = _caller()
    with transaction(caller.controller_id) as session:
        service.remove(driver_connection(session), caller, contact_id)


@blp.post(f"{_PLACE}/reveal")
@requires("national_id:reveal")
@idempotency.only_reads
@blp.arguments(schemas.Reveal)
@blp.response(200, schemas.Number)
def reveal_national_id(asked: dict[str, Any], contact_id: uuid.UUID) -> dict[str, str]:
    """Return a contact's number in the clear. Each time is on record, with its purpose."""
    caller = _caller()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        policy = policies.active(connection, caller.controller_id)
        country, number = service.reveal(connection, caller, policy, contact_id, **asked)
    return {"country": country, "number": number}


@blp.post("/national-ids/lookup")
@requires("contacts:read")
@idempotency.only_reads
@blp.arguments(schemas.Number)
@blp.response(200, schemas.Owner)
def look_up_national_id(asked: dict[str, Any]) -> dict[str, uuid.UUID]:
    """Tell whose number it is, so that nobody is entered twice."""
    caller = _caller()
    with transaction(caller.controller_id) as session:
        return {"contact_id": service.owner(driver_connection(session), caller, **asked)}


def _caller() -> service.Caller:
    caller = principal()
    return service.Caller(
        controller_id=caller.controller_id,
        actor=caller.actor,
        keyring=current_app.extensions["crm.settings"].keyring,
    )
