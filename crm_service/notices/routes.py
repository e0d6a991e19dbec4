"""HTTP for notices to recipients."""

import uuid
from typing import Any

from crm_service.db import driver_connection, transaction
from crm_service.notices import schemas, service
from crm_service.notices.service import Notice
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "recipient_notices",
    __name__,
    url_prefix="/v1/recipient-notices",
    description="Telling recipients what became of the data they got (GDPR Art. 19)",
)


@blp.get("")
@requires("rights:read")
@blp.arguments(schemas.NoticeQuery, location="query")
@blp.response(200, schemas.NoticePage)
def list_notices(query: dict[str, Any]) -> dict[str, Any]:
    """List notices, the next one due first; `open` and `overdue` say who has yet to confirm."""
    caller = principal()
    limit, position = query.pop("limit"), paging.after(query.pop("cursor"))
    with transaction(caller.controller_id) as session:
        found = service.listing(
            driver_connection(session),
            caller.controller_id,
            filters=query,
            after=(position[0], position[1]) if position else None,
            limit=limit,
            actor=caller.actor,
        )
    return paging.page(found, limit, lambda one: [one.due_on.isoformat(), one.id])


@blp.get("/<uuid:notice_id>")
@requires("rights:read")
@blp.response(200, schemas.NoticeShape)
def get_notice(notice_id: uuid.UUID) -> Notice:
    """Return one notice."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        return service.get(connection, caller.controller_id, notice_id, actor=caller.actor)


@blp.post("/<uuid:notice_id>/sent")
@requires("rights:write")
@blp.arguments(schemas.NewStep)
@blp.response(200, schemas.NoticeShape)
def note_sent(given: dict[str, Any], notice_id: uuid.UUID) -> Notice:
    """Note that the recipient was told; again for each reminder. 409 `notice_settled`."""
    return _step(service.send, notice_id, given)


@blp.post("/<uuid:notice_id>/acknowledgement")
@requires("rights:write")
@blp.arguments(schemas.NewStep)
@blp.response(200, schemas.NoticeShape)
def note_acknowledgement(given: dict[str, Any], notice_id: uuid.UUID) -> Notice:
    """Note that the recipient confirmed; a repeat changes nothing. 409 `notice_settled`."""
    return _step(service.acknowledge, notice_id, given)


@blp.post("/<uuid:notice_id>/dispensation")
@requires("rights:write")
@blp.arguments(schemas.NewDispensation)
@blp.response(200, schemas.NoticeShape)
def note_dispensation(given: dict[str, Any], notice_id: uuid.UUID) -> Notice:
    """Note that telling is impossible, or a disproportionate effort. 409 `notice_settled`."""
    return _step(service.dispense, notice_id, given)


def _step(step: Any, notice_id: uuid.UUID, given: dict[str, Any]) -> Notice:
    caller = principal()
    with transaction(caller.controller_id) as session:
        found: Notice = step(
            driver_connection(session),
            caller.controller_id,
            notice_id,
            actor=caller.actor,
            **given,
        )
        return found
