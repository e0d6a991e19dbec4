"""HTTP for audiences."""

import uuid
from typing import Any

from flask import Response, current_app

from crm_service.db import pipeline
from crm_service.disclosures import ordering, service
from crm_service.disclosures.ordering import Order
from crm_service.disclosures.schemas import AudienceQuery
from crm_service.eligibility.checking import Caller
from crm_service.policies import service as policies
from crm_service.web import streaming
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint("audiences", __name__, url_prefix="/v1", description="Everybody you may reach now")

_NDJSON, _CSV = "application/x-ndjson", "text/csv"
_ONE_LINE = '{"email":"mari@example.com","first_name":"Mari","basis":"consent"}\n'
_ANSWER = {
    "description": "Everybody eligible, in no particular order",
    "headers": {
        "As-Of": {
            "description": "no line is older than this",
            "schema": {"type": "string", "format": "date-time"},
        },
        "Export-Id": {
            "description": "under which the audit log has this export",
            "schema": {"type": "string", "format": "uuid"},
        },
        "Policy-Version": {
            "description": "the version of the policy that was applied",
            "schema": {"type": "integer"},
        },
    },
    "content": {
        _NDJSON: {"schema": {"type": "string"}, "example": _ONE_LINE},
        _CSV: {"schema": {"type": "string"}},
    },
}


@blp.get("/audiences/<slug>")
@requires("audiences:read")
@blp.doc(responses={"200": _ANSWER})
@blp.arguments(AudienceQuery, location="query")
def export_audience(query: dict[str, Any], slug: str) -> Response:
    """Hand out everybody whom a topic's message may reach over a channel, now.

    The verdict is the one of eligibility checks. The fields are those that the policy allows for
    the channel and for the legal basis relied on. Nobody is held up while it is read, so people may
    leave meanwhile: check eligibility again when sending, at the latest where `As-Of` is older than
    the message. A stream that breaks off is not the whole audience.
    """
    order = _order(query, slug)
    who = principal()
    settings = current_app.extensions["crm.settings"]
    caller = Caller(
        who.controller_id,
        who.actor,
        settings.keyring,
        settings.public_url,
        settings.inbound_mail_domain,
    )
    # Problems are told before the first line: afterwards the status is sent.
    with pipeline(caller.controller_id) as connection:
        policy = policies.at_version(connection, caller.controller_id, who.policy_version)
        question = service.ask(connection, caller, policy, topic=slug, channel=order.channel)
        ordering.check(order)
        plan = ordering.plan(order, question)
        service.remember(connection, caller, plan)
    export_id = uuid.uuid4()
    connect = streaming.connecting(caller.controller_id)
    pieces = service.stream(caller, plan, question, export_id, connect)
    suffix, media_type = ("ndjson", _NDJSON) if order.format == "ndjson" else ("csv", _CSV)
    answer = Response(streaming.answering(pieces), mimetype=media_type)
    answer.headers["As-Of"] = question.now.isoformat().replace("+00:00", "Z")
    answer.headers["Export-Id"] = str(export_id)
    answer.headers["Policy-Version"] = str(policy.version)
    answer.headers["Content-Disposition"] = f'attachment; filename="audience-{slug}.{suffix}"'
    return answer


def _order(query: dict[str, Any], slug: str) -> Order:
    named = query.get("fields_")
    return Order(
        topic=slug,
        channel=query["channel"],
        format=query["format"],
        links="include" in query,
        campaign=query.get("campaign"),
        fields=tuple(name.strip() for name in named.split(",")) if named else None,
    )
