"""HTTP for events of messages: JSON up to 10,000 events, NDJSON without end."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from flask import current_app, request

from crm_service.db import pipeline
from crm_service.engagement import receiving
from crm_service.engagement.schemas import MAX_EVENTS, EngagementReceipt, NewEngagementEvents
from crm_service.errors import Invalid
from crm_service.web import idempotency
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.parser import body, require_media_type
from crm_service.web.requests import body_limit

blp = Blueprint("engagement", __name__, url_prefix="/v1", description="What became of messages")

NDJSON = "application/x-ndjson"
#: 10,000 events with long user agents and answers of mail servers.
MAX_BODY = 32 * 1024 * 1024
_EXAMPLE = (
    '{"event_id": "1", "type": "delivered", "email": "person@example.com", '
    '"occurred_at": "2026-11-03T09:15:00Z"}\n'
)


@blp.post("/engagement-events")
@requires("engagement:write")
@idempotency.not_needed
@body_limit(None)
@blp.response(200, EngagementReceipt)
@blp.doc(
    requestBody={
        "required": True,
        "content": {
            "application/json": {"schema": NewEngagementEvents},
            NDJSON: {"schema": {"description": "an event a line"}, "example": _EXAMPLE},
        },
    }
)
def take_engagement_events() -> dict[str, Any]:
    """Take in what became of messages: each event once, with its effects, whatever their order.

    JSON takes up to 10,000 events; `application/x-ndjson` any number, one object a line. An event
    that came before is a duplicate and has no effect; a bad one is reported and costs no other.
    Should the call fail midway, send it again: what was taken in is known by then.
    """
    caller = principal()
    settings = current_app.extensions["crm.settings"]
    found = receiving.receive(
        _events(),
        partial(pipeline, caller.controller_id),
        caller.controller_id,
        actor=caller.actor,
        pepper=settings.keyring.pepper(caller.controller_id),
    )
    return {
        "accepted": found.accepted,
        "duplicates": found.duplicates,
        "rejected": found.rejected,
        "rejected_count": found.refused,
    }


def _events() -> Iterable[Any]:
    if request.mimetype == NDJSON:
        require_media_type(request, NDJSON)
        return receiving.lines(request.stream.read)
    request.max_content_length = MAX_BODY
    said = body()
    events = said.get("events")
    problems = {name: ["Unknown field."] for name in said if name != "events"}
    if not isinstance(events, list) or len(events) > MAX_EVENTS:
        problems["events"] = [f"must be a list of at most {MAX_EVENTS} events"]
    if problems or not isinstance(events, list):
        raise Invalid("the request does not fit its schema; see errors", errors=problems)
    return events
