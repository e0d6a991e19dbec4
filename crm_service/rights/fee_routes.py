"""HTTP for fees (GDPR Art. 12(5))."""

import uuid
from typing import Any

from crm_service.db import transaction
from crm_service.rights import course, fees, letters, listing
from crm_service.rights import schemas as shapes
from crm_service.rights.fee_schemas import ChargedRightsRequest, NewFee
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "rights_fees",
    __name__,
    url_prefix="/v1/rights-requests/<uuid:request_id>/fee",
    description="Fees for requests that are unfounded or excessive (GDPR Art. 12(5))",
)


@blp.post("")
@requires("rights:write")
@blp.arguments(NewFee)
@blp.response(200, ChargedRightsRequest)
def ask_fee(given: dict[str, Any], request_id: uuid.UUID) -> dict[str, Any]:
    """Ask a fee for a request that is manifestly unfounded or excessive, as the policy allows it.

    Granting takes that it is paid or waived. The answer holds the letter to the person. 409
    `fee_not_allowed`, `always_free` (an objection, a withdrawal), `fee_asked_already`.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        request = course.hold(session, caller.controller_id, request_id)
        fees.charge(session, request, fees.Fee(**given), actor=caller.actor)
        letter = letters.write_fee(course.policy_of(session, request), request)
        return {**listing.facts(request), "fee_letter": letter, "answer_to": request.email}


@blp.post("/paid")
@requires("rights:write")
@blp.response(200, shapes.RightsRequestShape)
def note_payment(request_id: uuid.UUID) -> dict[str, Any]:
    """Note that the person paid: the request may be granted."""
    return _settle(request_id, fees.PAID)


@blp.post("/waived")
@requires("rights:write")
@blp.response(200, shapes.RightsRequestShape)
def waive_fee(request_id: uuid.UUID) -> dict[str, Any]:
    """Ask the fee no longer: the request may be granted."""
    return _settle(request_id, fees.WAIVED)


def _settle(request_id: uuid.UUID, outcome: str) -> dict[str, Any]:
    caller = principal()
    with transaction(caller.controller_id) as session:
        request = course.hold(session, caller.controller_id, request_id)
        fees.settle(session, request, outcome, actor=caller.actor)
        return listing.facts(request)
