"""HTTP for duties to inform (GDPR Art. 14)."""

import uuid
from typing import Any

from flask import current_app

from crm_service.clock import utcnow
from crm_service.db import driver_connection, transaction
from crm_service.informing import schemas, service
from crm_service.informing.repository import Duty
from crm_service.informing.service import Settlement
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "information_duties",
    __name__,
    url_prefix="/v1/information-duties",
    description="Whom to tell of data that did not come from them (GDPR Art. 14)",
)


@blp.get("")
@requires("rights:read")
@blp.arguments(schemas.DutyQuery, location="query")
@blp.response(200, schemas.DutyPage)
def list_duties(query: dict[str, Any]) -> dict[str, Any]:
    """List who is to be told, and by when; `notice_url` is the page that tells it.

    A page looks at 10,000 contacts at most: one that holds fewer than `limit`, or none, may still
    have a `next_cursor`.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        found, stopped_at = service.listing(
            driver_connection(session),
            caller.controller_id,
            overdue=query["overdue"],
            due_soon=query["due_soon"],
            after=paging.after_id(query["cursor"]),
            limit=query["limit"],
            actor=caller.actor,
        )
    items = [_shown(duty) for duty in found]
    page = paging.page(
        items,
        query["limit"],
        lambda one: [one["contact_id"]],
        stopped_at=[stopped_at] if stopped_at else None,
    )
    base = current_app.extensions["crm.settings"].public_url
    return {**page, "notice_url": f"{base}/c/{caller.controller_slug}/privacy"}


@blp.post("/<uuid:contact_id>/informed")
@requires("rights:write")
@blp.arguments(schemas.Informed)
@blp.response(200, schemas.SettledShape)
def note_informed(given: dict[str, Any], contact_id: uuid.UUID) -> dict[str, Any]:
    """Note that a person was told. 409 `nothing_owed` where there was nothing to tell."""
    return _settle(contact_id, Settlement(**given))


@blp.post("/<uuid:contact_id>/exemption")
@requires("rights:write")
@blp.arguments(schemas.Exempt)
@blp.response(200, schemas.SettledShape)
def note_exemption(given: dict[str, Any], contact_id: uuid.UUID) -> dict[str, Any]:
    """Note why a person need not be told (Art. 14(5)). 409 `nothing_owed`."""
    done = Settlement(at=utcnow(), exemption=given["ground"], reasons=given["reasons"])
    return _settle(contact_id, done)


@blp.post("/informed")
@requires("rights:write")
@blp.arguments(schemas.ManyInformed)
@blp.response(200, schemas.InformedCount)
def note_many_informed(given: dict[str, Any]) -> dict[str, int]:
    """Note that many were told: those named, or all whose data came from one source.

    `informed` says of how many something was owed. 404 `unknown_contact` says how many of those
    named do not exist; nothing is noted then.
    """
    caller = principal()
    ids, source = given.pop("contact_ids"), given.pop("source_kind")
    with transaction(caller.controller_id) as session:
        informed = service.settle_all(
            driver_connection(session),
            caller.controller_id,
            Settlement(**given),
            contact_ids=ids,
            source=source,
            actor=caller.actor,
        )
    return {"informed": informed}


def _settle(contact_id: uuid.UUID, done: Settlement) -> dict[str, Any]:
    caller = principal()
    with transaction(caller.controller_id) as session:
        return service.settle(session, caller.controller_id, contact_id, done, actor=caller.actor)


def _shown(duty: Duty) -> dict[str, Any]:
    reasons = {duty.communicated_at: schemas.REASONS[0], duty.disclosed_at: schemas.REASONS[1]}
    return {**vars(duty), "due_by": reasons.get(duty.due_at, schemas.REASONS[2])}
