"""HTTP for the review of what is no longer needed; decisions that erase lie in ``rights``."""

from typing import Any

from crm_service.db import driver_connection, transaction
from crm_service.reviews import schemas, service
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "reviews",
    __name__,
    url_prefix="/v1/reviews",
    description="The periodic review of what is no longer needed",
)


@blp.get("/due")
@requires("rights:read")
@blp.arguments(paging.PageQuery, location="query")
@blp.response(200, schemas.UnusedPage)
@blp.alt_response(409, "CONFLICT")
def list_due(query: dict[str, Any]) -> dict[str, Any]:
    """List contacts that nobody used for the policy's period. 409 `no_review` without one.

    A page looks at 10,000 contacts at most: one that holds fewer than `limit`, or none, may still
    have a `next_cursor`.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        found, stopped_at = service.due(
            driver_connection(session),
            caller.controller_id,
            after=paging.after_id(query["cursor"]),
            limit=query["limit"],
            actor=caller.actor,
        )
    return paging.page(
        [vars(one) for one in found],
        query["limit"],
        lambda one: [one["contact_id"]],
        stopped_at=[stopped_at] if stopped_at else None,
    )


@blp.get("/due/count")
@requires("rights:read")
@blp.response(200, schemas.DueCount)
@blp.alt_response(409, "CONFLICT")
def count_due() -> dict[str, Any]:
    """Tell how many contacts are up for review. 409 `no_review` where the policy has none."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        since, due = service.count(driver_connection(session), caller.controller_id)
    return {"unused_since": since, "due": due}


@blp.post("/kept")
@requires("rights:write")
@blp.arguments(schemas.Keeping)
@blp.response(200, schemas.Kept)
def keep_many(given: dict[str, Any]) -> dict[str, int]:
    """Keep many contacts for another period, with the reasons; all of them or none."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        kept = service.decide(
            driver_connection(session),
            caller.controller_id,
            given["contact_ids"],
            decision=service.KEEP,
            reasons=given["reasons"],
            actor=caller.actor,
        )
    return {"kept": kept}
