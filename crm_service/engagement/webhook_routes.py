"""What providers call: no API key, but each delivery proves itself (see ``providers``).

The endpoint's id, which cannot be guessed, says whose it is. Failures: 404 and 410 for an endpoint
that never was or is no more, 401 for what is not proven, 406 for a token that was used before (it
tells Mailgun not to try again), 413, 415, 422 for what the provider does not document, 503 for what
passes. Everything proven is 200, with the events that could not be kept.
"""

import uuid
from typing import Any

import structlog
from flask import Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.engagement import subscribing, webhooks
from crm_service.engagement.endpoint_schemas import Taken
from crm_service.engagement.providers import PROVIDERS
from crm_service.engagement.providers.certificates import Unreachable
from crm_service.engagement.providers.delivery import Delivery, Refused
from crm_service.engagement.webhooks import Ended, Endpoint, Replayed
from crm_service.web.auth import public
from crm_service.web.blueprint import Blueprint
from crm_service.web.parser import read_body
from crm_service.web.problems import Problem
from crm_service.web.requests import body_limit

log = structlog.get_logger(__name__)

blp = Blueprint(
    "webhooks",
    __name__,
    url_prefix="/v1/webhooks",
    description="Deliveries of providers, each proven as the provider signs them",
)

_LARGEST = max(adapter.body_limit for adapter in PROVIDERS.values())
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="webhooks"'}
_TYPES = sorted({name for adapter in PROVIDERS.values() for name in adapter.media_types})
_BODY = {
    "required": True,
    "description": "what the provider sends, as it documents it",
    "content": {name: {"schema": {}, "example": [] if "json" in name else ""} for name in _TYPES},
}
_REFUSALS = {
    "401": {"$ref": "#/components/responses/Problem401"},
    "406": {"description": "The delivery was taken before; it is not to be sent again"},
    "410": {"description": "The endpoint was deleted"},
    "503": {"$ref": "#/components/responses/Problem503"},
}


@blp.post("/<provider>/<uuid:endpoint_id>")
@public
@body_limit(_LARGEST)
@blp.doc(requestBody=_BODY, responses=_REFUSALS)
@blp.response(200, Taken)
def take_delivery(provider: str, endpoint_id: uuid.UUID) -> dict[str, Any]:
    """Take a provider's delivery.

    Sent again, it is answered again and has no second effect. Events that cannot be kept are told
    in `rejected`, by their place in the delivery; the others are stored.
    """
    endpoint = _reached(provider, endpoint_id)
    delivery = _delivery(endpoint)
    try:
        taken = webhooks.take(endpoint, delivery, _settings().keyring)
    except Refused as refusal:
        log.info("webhook_refused", type=provider, reason=refusal.reason)
        raise Problem(401, refusal.code, str(refusal), headers=_CHALLENGE) from None
    except Replayed as refusal:
        raise Problem(406, refusal.code, str(refusal)) from None
    except Unreachable as error:
        raise Problem(503, error.code, str(error), headers={"Retry-After": "60"}) from None
    subscribing.confirm_if_told_to(endpoint, _settings().keyring, current_app.extensions["crm.sns"])
    return {
        "accepted": taken.accepted,
        "duplicates": taken.duplicates,
        "rejected": [vars(one) for one in taken.rejected],
    }


@blp.route("/<provider>/<uuid:endpoint_id>", methods=["HEAD"])
@public
@blp.doc(
    responses={
        "404": {"description": "There is no such endpoint"},
        "410": _REFUSALS["410"],
        "503": _REFUSALS["503"],
    }
)
@blp.response(200)
def try_endpoint(provider: str, endpoint_id: uuid.UUID) -> Response:
    """Answer the question whether the endpoint is there, which Mandrill asks first."""
    _reached(provider, endpoint_id)
    return Response(status=200)


def _reached(provider: str, endpoint_id: uuid.UUID) -> Endpoint:
    try:
        return webhooks.find(_settings().keyring, provider, endpoint_id)
    except Ended as error:
        raise Problem(410, error.code, str(error)) from None


def _delivery(endpoint: Endpoint) -> Delivery:
    """Read the request, once it is sure that somebody waits for it. Raises ``Problem``."""
    adapter, public_url = endpoint.adapter, _settings().public_url
    encoding = request.headers.get("Content-Encoding", "identity")
    if request.mimetype not in adapter.media_types or encoding.lower() != "identity":
        expected = ", ".join(sorted(adapter.media_types))
        raise Problem(415, "unsupported_media_type", f"send Content-Type: {expected}, plain")
    request.max_content_length = adapter.body_limit
    if (request.content_length or 0) > adapter.body_limit:
        raise RequestEntityTooLarge
    return Delivery(
        body=read_body(request),
        headers={name.lower(): value for name, value in request.headers.items()},
        url=f"{public_url}/v1/webhooks/{adapter.name}/{endpoint.id}",
        now=utcnow(),
        fingerprint=webhooks.fingerprints(_settings().keyring, endpoint.controller_id),
        settings=endpoint.settings,
        secrets=endpoint.secrets,
        certificates=current_app.extensions["crm.sns"],
    )


def _settings() -> Settings:
    settings: Settings = current_app.extensions["crm.settings"]
    return settings
