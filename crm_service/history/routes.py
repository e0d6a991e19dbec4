"""HTTP for a person's timeline."""

import uuid
from datetime import datetime
from typing import Any

from crm_service.db import driver_connection, transaction
from crm_service.history import service
from crm_service.history.schemas import HistoryPage, HistoryQuery
from crm_service.history.service import Filter, Place
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "history",
    __name__,
    url_prefix="/v1/contacts/<uuid:contact_id>",
    description="Everything that is known of one person, in order",
)


@blp.get("/history")
@requires("history:read", client_managers=True)
@blp.arguments(HistoryQuery, location="query")
@blp.response(200, HistoryPage)
def read_history(query: dict[str, Any], contact_id: uuid.UUID) -> dict[str, Any]:
    """Read one timeline: ledger, blocks, events, interactions, requests, disclosures.

    Newest first. What machines did with messages is marked, and can be left out.
    """
    caller = principal()
    position = paging.after(query["cursor"])
    wanted = Filter(
        kinds=query["kind"] or (),
        since=query["since"],
        until=query["until"],
        campaign=query["campaign"],
        machine=query["machine"],
    )
    before = None
    if position:
        before = Place(datetime.fromisoformat(position[0]), uuid.UUID(position[1]), position[2])
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = service.read(
            connection,
            caller.controller_id,
            contact_id,
            wanted,
            before=before,
            limit=query["limit"] + 1,
            actor=caller.actor,
        )
        last = service.last_interaction_at(connection, caller.controller_id, contact_id)
    page = paging.page(found, query["limit"], lambda one: [one.at, one.id, one.step])
    return {**page, "last_interaction_at": last}
