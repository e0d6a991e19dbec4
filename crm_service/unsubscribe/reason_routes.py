"""HTTP for how often people gave which reason to leave: numbers, and nobody's words."""

from typing import Any

from crm_service.db import driver_connection, transaction
from crm_service.unsubscribe import reasons
from crm_service.unsubscribe.schemas import ReasonCounts, ReasonQuery
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "unsubscribe-reasons",
    __name__,
    url_prefix="/v1/unsubscribe-reasons",
    description="Why people leave",
)


@blp.get("")
@requires("suppressions:read")
@blp.arguments(ReasonQuery, location="query")
@blp.response(200, ReasonCounts)
def list_unsubscribe_reasons(period: dict[str, Any]) -> dict[str, Any]:
    """Count the reasons that people chose after leaving, by topic; no topic is all marketing.

    What somebody wrote stands in that person's own data alone.
    """
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        found = reasons.counts(driver_connection(session), controller_id, **period)
    return {"items": found, "next_cursor": None}
