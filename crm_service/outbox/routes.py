"""The event feed over HTTP, for readers without RabbitMQ (rule 27)."""

from typing import Any

from flask import current_app

from crm_service.db import Connection, driver_connection, transaction
from crm_service.outbox import feed
from crm_service.outbox.cloudevents import envelope
from crm_service.outbox.feed import Place
from crm_service.outbox.schemas import EventPage, FeedQuery
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint("events", __name__, url_prefix="/v1/events", description="What happened, in order")


@blp.get("")
@requires("events:read")
@blp.arguments(FeedQuery, location="query")
@blp.response(200, EventPage)
@blp.alt_response(410, "GONE")
def list_events(query: dict[str, Any]) -> dict[str, Any]:
    """List events, the oldest first, each exactly as RabbitMQ's consumers get it.

    Poll with `after` set to the last `next_cursor`: no event is ever skipped, however late its
    transaction committed. Events are kept for over a year (`EVENT_LOG_MONTHS`): a cursor from
    before, behind which some were dropped, is answered with 410 `cursor_too_old`.
    """
    caller = principal()
    position = paging.after(query["after"])
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        page = feed.read(
            connection,
            caller.controller_id,
            caller.controller_slug,
            after=Place(*position) if position else Place(),
            limit=query["limit"],
            types=query["type"],
        )
        if page.events:
            _audit(connection, len(page.events), query["type"])
    return {
        "items": [envelope(event) for event in page.events],
        "next_cursor": paging.cursor_at(page.end),
    }


def _audit(connection: Connection, count: int, types: list[str] | None) -> None:
    """Events hold pseudonymous ids and address keys: reading them is an access (rule 38)."""
    caller = principal()
    current_app.extensions["crm.audit"](
        connection,
        caller.controller_id,
        actor=caller.actor,
        action="events.list",
        count=count,
        details={"types": types} if types else {},
    )
