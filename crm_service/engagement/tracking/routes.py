"""HTTP for registering tracked links. What recipients' programs call is in ``public_routes``."""

from typing import Any

from flask import current_app

from crm_service.db import driver_connection, transaction
from crm_service.engagement.tracking import service
from crm_service.engagement.tracking.schemas import NewTrackingLinks, TrackingLinks
from crm_service.policies import service as policies
from crm_service.web import idempotency
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "tracking-links",
    __name__,
    url_prefix="/v1/tracking-links",
    description="Opens and clicks, for senders without a provider",
)


@blp.post("")
@requires("links:create")
@idempotency.not_needed
@blp.arguments(NewTrackingLinks)
@blp.response(200, TrackingLinks)
def create_tracking_links(new: dict[str, Any]) -> dict[str, Any]:
    """Register where the links of a message lead, once for all recipients.

    Put each `ref` behind the `click_url_prefix` that an eligibility check with `include:
    ["tracking"]` hands out for a recipient; where it hands out none, the person is not to be
    tracked: send the link as it is. 422 `invalid_url`, `own_link`, `no_tracking_purpose`.
    """
    caller = principal()
    settings = current_app.extensions["crm.settings"]
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        refs = service.register(
            connection,
            caller.controller_id,
            policies.at_version(connection, caller.controller_id, caller.policy_version),
            new["urls"],
            keyring=settings.keyring,
            public_url=settings.public_url,
            actor=caller.actor,
        )
    pairs = zip(new["urls"], refs, strict=True)
    return {"links": [{"url": url, "ref": ref} for url, ref in pairs]}
