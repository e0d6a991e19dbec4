"""HTTP for deciding a review (clause no-05): keeping, restricting or erasing."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from crm_service.contacts import restricting
from crm_service.contacts import service as contacts
from crm_service.db import driver_connection, transaction
from crm_service.notices import service as notices
from crm_service.reviews import schemas
from crm_service.reviews import service as reviews
from crm_service.rights import holding, pending, service
from crm_service.rights.routes import NO_LONGER_NEEDED
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.principal import Principal

blp = Blueprint(
    "review_decisions",
    __name__,
    url_prefix="/v1/reviews",
    description="Deciding what becomes of what nobody used",
)

SOURCE = "review"


@blp.post("/<uuid:contact_id>/decision")
@requires("rights:write")
@blp.arguments(schemas.ReviewDecision)
@blp.response(200, schemas.ReviewDecision)
@blp.alt_response(409, "CONFLICT")
def decide_review(given: dict[str, Any], contact_id: uuid.UUID) -> dict[str, Any]:
    """Decide about one contact, and do it: `keep` it for a period, `restrict` it, or `erase` it.

    Erasing is the controller's own, on the ground that the data are no longer needed; 409 `held`
    while a dispute or a law holds them, `request_open` while something that the person asked is
    not answered. Recipients of what is restricted are owed word of it (Art. 19).
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        contacts.hold(session, caller.controller_id, contact_id)
        reviews.decide(
            driver_connection(session),
            caller.controller_id,
            [contact_id],
            actor=caller.actor,
            **given,
        )
        _do(session, caller, contact_id, given["decision"])
    return given


def _do(session: Session, caller: Principal, contact_id: uuid.UUID, decision: str) -> None:
    whom = (driver_connection(session), caller.controller_id, contact_id)
    if decision == reviews.RESTRICT:
        correlation = uuid.uuid4()
        if restricting.restrict(*whom, actor=caller.actor, source=SOURCE, correlation=correlation):
            notices.owe(*whom[:2], [contact_id], cause="restriction")
    elif decision == reviews.ERASE:
        holding.refuse_held(*whom)
        pending.refuse_unanswered(*whom)
        service.erase_contact(*whom, ground=NO_LONGER_NEEDED, actor=caller.actor)
