"""HTTP for consent wordings: registered by servers, cited by web forms (rule 17)."""

from typing import Any

from flask.typing import ResponseReturnValue

from crm_service.db import driver_connection, transaction
from crm_service.permissions import wordings
from crm_service.permissions.schemas import NewWording, RegisteredWording, WordingPage
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "consent_wordings",
    __name__,
    url_prefix="/v1/consent-wordings",
    description="The texts that people are asked to agree to",
)


@blp.post("")
@requires("permissions:write")
@blp.arguments(NewWording)
@blp.response(201, RegisteredWording)
@blp.alt_response(200, schema=RegisteredWording, description="It is registered already")
def register_wording(new: dict[str, Any]) -> ResponseReturnValue:
    """Register a wording, by version and language; 200 where it stands already.

    It never changes: another text under the same version is 409 `wording_differs`. Keys for
    browsers cannot register wordings, and cite only those that are registered.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        kept, is_new = wordings.add(
            driver_connection(session), caller.controller_id, new, actor=caller.actor
        )
    return _shown(kept), 201 if is_new else 200


@blp.get("")
@requires("permissions:read")
@blp.arguments(paging.PageQuery, location="query")
@blp.response(200, WordingPage)
def list_wordings(query: dict[str, Any]) -> dict[str, Any]:
    """List the wordings, however they were registered, the oldest first."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        found = wordings.page(
            driver_connection(session),
            controller_id,
            after=paging.after(query["cursor"]),
            limit=query["limit"] + 1,
        )
    shown = paging.page(found, query["limit"], lambda one: [one.registered_at, one.id or ""])
    return {**shown, "items": [_shown(one) for one in shown["items"]]}


def _shown(wording: wordings.Wording) -> dict[str, Any]:
    return wording._asdict() | {"language": wording.language or None}
