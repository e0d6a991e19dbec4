"""HTTP for the register of recipients, disclosures, and the record of processing."""

import uuid
from datetime import UTC, datetime
from typing import Any

from flask.typing import ResponseReturnValue

from crm_service.db import driver_connection, transaction
from crm_service.policies import service as policies
from crm_service.recipients import record, schemas, service
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "recipient_register",
    __name__,
    url_prefix="/v1",
    description="Who receives data, and what they got",
)
#: Behind every disclosure, whichever of two clocks is ahead.
_END = datetime.max.replace(tzinfo=UTC), uuid.UUID(int=2**128 - 1)


@blp.post("/recipients")
@requires("recipients:write")
@blp.arguments(schemas.NewRecipient)
@blp.response(201, schemas.RecipientShape)
def register_recipient(new: dict[str, Any]) -> ResponseReturnValue:
    """Enter a processor, third party or authority. 409 `recipient_exists`."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        found = service.register(driver_connection(session), controller_id, **new)
        return found, 201, {"Location": f"/v1/recipients/{found.id}"}  # type: ignore[return-value]  # flask-smorest dumps it


@blp.get("/recipients")
@requires("recipients:read")
@blp.arguments(schemas.RecipientQuery, location="query")
@blp.response(200, schemas.RecipientPage)
def list_recipients(query: dict[str, Any]) -> dict[str, Any]:
    """List the recipients by slug."""
    controller_id = principal().controller_id
    position = paging.after(query["cursor"])
    with transaction(controller_id) as session:
        found = service.every(
            driver_connection(session),
            controller_id,
            after=position[0] if position else "",
            limit=query["limit"] + 1,
            with_ended=query["ended"],
        )
    return paging.page(found, query["limit"], lambda one: [one.slug])


@blp.get("/recipients/<uuid:recipient_id>")
@requires("recipients:read")
@blp.response(200, schemas.RecipientShape)
def get_recipient(recipient_id: uuid.UUID) -> service.Recipient:
    """Return one recipient."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        return service.get(driver_connection(session), controller_id, recipient_id)


@blp.patch("/recipients/<uuid:recipient_id>")
@requires("recipients:write")
@blp.arguments(schemas.RecipientChange)
@blp.response(200, schemas.RecipientShape)
def change_recipient(change: dict[str, Any], recipient_id: uuid.UUID) -> service.Recipient:
    """Replace what is stated of a recipient, or end it: nothing goes there any more."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        return service.change(driver_connection(session), controller_id, recipient_id, **change)


@blp.post("/disclosures")
@requires("disclosures:write")
@blp.arguments(schemas.NewDisclosure)
@blp.response(201, schemas.Disclosed)
def disclose(new: dict[str, Any]) -> dict[str, Any]:
    """Hand fields of people to a recipient, and record it.

    403 `disclosure_refused`, with every reason, where the policy does not allow it: nothing is
    handed out or recorded then.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        policy = policies.active(connection, caller.controller_id)
        disclosure_id, items = service.disclose(
            connection,
            caller.controller_id,
            policy,
            fields=new.pop("names"),
            actor=caller.actor,
            **new,
        )
    return {"id": disclosure_id, "items": items}


@blp.get("/disclosures")
@requires("disclosures:read")
@blp.arguments(paging.PageQuery, location="query")
@blp.response(200, schemas.DisclosurePage)
def list_disclosures(query: dict[str, Any]) -> dict[str, Any]:
    """List what was handed to whom, the newest first."""
    controller_id = principal().controller_id
    before, before_id = paging.after_moment(query["cursor"]) or _END
    with transaction(controller_id) as session:
        found = service.disclosures(
            driver_connection(session),
            controller_id,
            before=before,
            before_id=before_id,
            limit=query["limit"] + 1,
        )
    return paging.page(found, query["limit"], lambda one: [one.disclosed_at, one.id])


@blp.get("/processing-record")
@requires("recipients:read")
@blp.response(200, schemas.ProcessingRecord)
def show_processing_record() -> dict[str, Any]:
    """Return the record of processing activities (GDPR Art. 30), made from policy and register."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        connection = driver_connection(session)
        policy = policies.active(connection, controller_id)
        return record.generate(connection, controller_id, policy)
