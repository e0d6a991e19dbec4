"""HTTP for making links. What recipients call is in ``public_routes``."""

from typing import Any

from flask import current_app

from crm_service.db import driver_connection, transaction
from crm_service.policies import service as policies
from crm_service.unsubscribe import issuing
from crm_service.unsubscribe.issuing import Issuer
from crm_service.unsubscribe.schemas import NewUnsubscribeLink, UnsubscribeLink
from crm_service.web import idempotency
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "unsubscribe-links",
    __name__,
    url_prefix="/v1/unsubscribe-links",
    description="The way out that every message carries",
)


@blp.post("")
@requires("links:create")
@idempotency.not_needed
@blp.arguments(NewUnsubscribeLink)
@blp.response(200, UnsubscribeLink)
def create_unsubscribe_link(new: dict[str, Any]) -> dict[str, Any]:
    """Make the link by which one address leaves one topic, and the headers that go with it.

    Nothing is stored for the address, and the same question always has the same answer. 422
    `unknown_topic`, `invalid_address`.
    """
    caller = principal()
    settings = current_app.extensions["crm.settings"]
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        policy = policies.at_version(connection, caller.controller_id, caller.policy_version)
        issuer = Issuer(
            caller.controller_id,
            caller.actor,
            settings.keyring,
            settings.public_url,
            policy.mail.inbound_domain or settings.inbound_mail_domain,
        )
        url, headers = issuing.issue(connection, issuer, **new)
    return {"url": url, "headers": headers}
