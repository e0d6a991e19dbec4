"""Managing the keys of one's own controller."""

import uuid
from typing import Any

from flask.typing import ResponseReturnValue

from crm_service.controllers import service
from crm_service.controllers.models import ApiKey
from crm_service.controllers.schemas import IssuedKey, Key, KeyPage, KeyQuery, NewKey
from crm_service.db import transaction
from crm_service.errors import Forbidden
from crm_service.web import idempotency, paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint("keys", __name__, url_prefix="/v1/keys", description="API keys")


def _facts(key: ApiKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in Key().fields}


@blp.post("")
@requires("keys:manage")
@idempotency.shown_once
@blp.arguments(NewKey)
@blp.response(201, IssuedKey)
def issue_key(new: dict[str, Any]) -> ResponseReturnValue:
    """Issue a key.

    A key can pass on only the scopes that it holds itself. The new key is shown this once.
    """
    caller = principal()
    if not set(new["scopes"]) <= caller.scopes:
        raise Forbidden("a key can pass on only scopes that it holds", code="scope_not_held")
    key_id = uuid.uuid4()
    with transaction(caller.controller_id) as session:
        plaintext = service.issue_key(
            session, caller.controller_id, actor=caller.actor, key_id=key_id, **new
        )
        key = service.get_key(session, caller.controller_id, key_id)
        return {**_facts(key), "key": plaintext}, 201, {"Location": f"/v1/keys/{key_id}"}


@blp.get("")
@requires("keys:manage")
@blp.arguments(KeyQuery, location="query")
@blp.response(200, KeyPage)
def list_keys(query: dict[str, Any]) -> dict[str, Any]:
    """List the controller's keys, revoked and expired ones included; never their secrets."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        found = service.list_keys(
            session,
            controller_id,
            after=paging.after_id(query["cursor"]),
            limit=query["limit"] + 1,
        )
        return paging.page([_facts(key) for key in found], query["limit"], lambda key: [key["id"]])


@blp.get("/<uuid:key_id>")
@requires("keys:manage")
@blp.response(200, Key)
def get_key(key_id: uuid.UUID) -> dict[str, Any]:
    """Return one key, without its secret."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        return _facts(service.get_key(session, controller_id, key_id))


@blp.post("/<uuid:key_id>/revoke")
@requires("keys:manage")
@blp.response(200, Key)
def revoke_key(key_id: uuid.UUID) -> dict[str, Any]:
    """Revoke a key, effective at once. A repeat changes nothing."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        key = service.revoke_key(session, caller.controller_id, key_id, actor=caller.actor)
        return _facts(key)
