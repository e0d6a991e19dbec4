"""Signing up from a controller's web form, with a key that browsers may show to everybody."""

from typing import Any

from flask import Response, current_app, request

from crm_service.contacts import facts as contact_facts
from crm_service.db import driver_connection, transaction
from crm_service.keyring import Keyring
from crm_service.policies import service as policies
from crm_service.proofs import throttling
from crm_service.subscriptions import cross_origin, service
from crm_service.subscriptions.schemas import NewSubscription, TakenSubscription
from crm_service.web import idempotency
from crm_service.web.auth import principal, public, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.requests import body_limit

blp = Blueprint(
    "subscriptions",
    __name__,
    url_prefix="/v1/subscriptions",
    template_folder="templates",
    description="Double opt-in",
)

BODY_LIMIT = 64 * 1024


@blp.route("", methods=["OPTIONS"])
@public
@blp.doc(responses={"204": {"description": "What a browser may send from another origin"}})
def preflight() -> Response:
    """Tell a browser what it may send. Which origins a key allows, the key's own answer says."""
    return cross_origin.preflight()


@blp.post("")
@requires("subscriptions:create")
@idempotency.not_needed
@body_limit(BODY_LIMIT)
@blp.arguments(NewSubscription)
@blp.response(202, TakenSubscription)
def sign_up(new: dict[str, Any]) -> dict[str, str]:
    """Ask the holder of an address to confirm a subscription.

    The answer is the same whether or not the address is known, blocked or subscribed. Nothing is
    sent before the link in the mail is confirmed by its button, within seven days. A key for
    browsers cites a wording that a server registered (`POST /v1/consent-wordings`); any other is
    422 `wording_unknown`.
    """
    caller = principal()
    keyring: Keyring = current_app.extensions["crm.settings"].keyring
    wanted = service.SignUp(**new)
    key = contact_facts.email_key(wanted.email, keyring.pepper(caller.controller_id))
    throttling.throttle(
        caller.controller_id, key, is_by_network=bool(request.headers.get("Origin"))
    )
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        policy = policies.at_version(connection, caller.controller_id, caller.policy_version)
        taken = service.admit(
            connection, caller.controller_id, policy, wanted, registers=not caller.origins
        )
        service.take(connection, caller.controller_id, taken, address_key=key)
    return {"status": "confirmation_requested"}


# A browser may read the answer where the key allows its origin.
blp.after_request(cross_origin.allow)
