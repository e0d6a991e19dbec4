"""HTTP for the endpoints that providers deliver to."""

import uuid
from typing import Any

from flask import Response, current_app
from flask.typing import ResponseReturnValue

from crm_service.config import Settings
from crm_service.db import driver_connection, transaction
from crm_service.engagement import endpoints, subscribing
from crm_service.engagement.endpoint_schemas import (
    Endpoint,
    EndpointPage,
    EndpointQuery,
    MadeEndpoint,
    MadeSecret,
    NewEndpoint,
    NewSecret,
)
from crm_service.engagement.endpoints import Caller
from crm_service.engagement.providers.certificates import Unreachable
from crm_service.web import idempotency, paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.problems import Problem

_CONFLICT = {"409": {"$ref": "#/components/responses/Problem409"}}

blp = Blueprint(
    "webhook_endpoints",
    __name__,
    url_prefix="/v1/webhook-endpoints",
    description="Where providers deliver what became of messages",
)


@blp.post("")
@requires("webhooks:manage")
@idempotency.shown_once
@blp.doc(responses=_CONFLICT)
@blp.arguments(NewEndpoint)
@blp.response(201, MadeEndpoint)
def create_endpoint(new: dict[str, Any]) -> ResponseReturnValue:
    """Create an endpoint, and tell the URL that the provider is to send to.

    A secret that is made here is shown this once. One that the provider shows only when it knows
    the URL can be added afterwards.
    """
    caller = _caller()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        made = endpoints.create(connection, caller, **new)
        facts = _facts(endpoints.get(connection, caller.controller_id, made.id))
    location = {"Location": f"/v1/webhook-endpoints/{made.id}"}
    return {**facts, "secret": made.shown}, 201, location


@blp.get("")
@requires("webhooks:manage")
@blp.arguments(EndpointQuery, location="query")
@blp.response(200, EndpointPage)
def list_endpoints(query: dict[str, Any]) -> dict[str, Any]:
    """List the controller's endpoints; never their secrets."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        found = endpoints.listing(
            driver_connection(session),
            controller_id,
            after=paging.after_id(query["cursor"]),
            limit=query["limit"] + 1,
        )
    return paging.page([_facts(row) for row in found], query["limit"], lambda row: [row["id"]])


@blp.get("/<uuid:endpoint_id>")
@requires("webhooks:manage")
@blp.response(200, Endpoint)
def get_endpoint(endpoint_id: uuid.UUID) -> dict[str, Any]:
    """Return one endpoint, without its secrets."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        return _facts(endpoints.get(driver_connection(session), controller_id, endpoint_id))


@blp.delete("/<uuid:endpoint_id>")
@requires("webhooks:manage")
@blp.response(204)
def delete_endpoint(endpoint_id: uuid.UUID) -> Response:
    """Delete an endpoint and its secrets. What is sent to it is refused from now on (410)."""
    caller = _caller()
    with transaction(caller.controller_id) as session:
        endpoints.delete(driver_connection(session), caller, endpoint_id)
    return Response(status=204)


@blp.post("/<uuid:endpoint_id>/secrets")
@requires("webhooks:manage")
@idempotency.shown_once
@blp.doc(responses=_CONFLICT)
@blp.arguments(NewSecret)
@blp.response(201, MadeSecret)
def add_secret(new: dict[str, Any], endpoint_id: uuid.UUID) -> dict[str, Any]:
    """Add a secret; those before it stay valid, or end at `previous_expire_at`."""
    caller = _caller()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        made = endpoints.add_secret(connection, caller, endpoint_id, **new)
        row = endpoints.get(connection, caller.controller_id, endpoint_id)
    [facts] = [one for one in _facts(row)["secrets"] if one["id"] == made.id]
    return {**facts, "secret": made.shown}


@blp.delete("/<uuid:endpoint_id>/secrets/<uuid:secret_id>")
@requires("webhooks:manage")
@blp.response(204)
def remove_secret(endpoint_id: uuid.UUID, secret_id: uuid.UUID) -> Response:
    """Remove a secret: from now on it proves nothing."""
    caller = _caller()
    with transaction(caller.controller_id) as session:
        endpoints.remove_secret(driver_connection(session), caller, endpoint_id, secret_id)
    return Response(status=204)


@blp.post("/<uuid:endpoint_id>/confirm")
@requires("webhooks:manage")
@blp.doc(responses=_CONFLICT)
@blp.response(200, Endpoint)
def confirm_subscription(endpoint_id: uuid.UUID) -> dict[str, Any]:
    """Confirm the subscription that SNS asked about, at SNS itself.

    Only the pinned topic's host is called; the URL in the message is not.
    """
    caller = _caller()
    try:
        subscribing.confirm(caller, endpoint_id, current_app.extensions["crm.sns"])
    except Unreachable as error:
        raise Problem(503, error.code, str(error), headers={"Retry-After": "60"}) from None
    with transaction(caller.controller_id) as session:
        return _facts(endpoints.get(driver_connection(session), caller.controller_id, endpoint_id))


def _caller() -> Caller:
    caller = principal()
    return Caller(
        controller_id=caller.controller_id, actor=caller.actor, keyring=_settings().keyring
    )


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/webhooks/{row['provider']}/{row['id']}"
    return {
        **row,
        "url": f"{_settings().public_url}{path}",
        "subscription": {
            "requested_at": row["subscription_requested_at"],
            "confirmed_at": row["subscription_confirmed_at"],
        },
    }


def _settings() -> Settings:
    settings: Settings = current_app.extensions["crm.settings"]
    return settings
