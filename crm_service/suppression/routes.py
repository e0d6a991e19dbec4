"""HTTP for the suppression list."""

import uuid
from typing import Any

from flask import current_app
from flask.typing import ResponseReturnValue

from crm_service.addresses import address_key, normalize_email, normalize_phone
from crm_service.audit import service as audit
from crm_service.db import Connection, driver_connection, transaction
from crm_service.suppression import bulk, domains, lifting, service
from crm_service.suppression import schemas as shapes
from crm_service.topics import service as topics
from crm_service.web import idempotency, paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "suppressions",
    __name__,
    url_prefix="/v1/suppressions",
    description="Addresses that must not be contacted, whether or not anybody bears them",
)

_FIRST = uuid.UUID(int=0)


@blp.post("")
@requires("suppressions:write")
@blp.arguments(shapes.NewSuppression)
@blp.response(201, shapes.SuppressionShape)
@blp.alt_response(200, schema=shapes.SuppressionShape, description="It stands already")
def suppress(new: dict[str, Any]) -> ResponseReturnValue:
    """Block an address, known or not, or a domain; a block that stands is answered with 200."""
    caller = principal()
    kind, key = _address(new)
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        block = _block(connection, caller.controller_id, new, key or new["address_key"])
        if kind == domains.KIND:
            name = domains.normalize_domain(new["domain"])
            found, is_new = bulk.suppress_domain(connection, caller.controller_id, block, name=name)
        else:
            found, is_new = service.suppress_address(
                connection, caller.controller_id, block, kind=kind
            )
        _audit(connection, "suppressions.add", subject_id=found.subject_id)
        return _dump(found), 201 if is_new else 200, {"Location": f"/v1/suppressions/{found.id}"}


def _pepper() -> bytes:
    pepper: bytes = current_app.extensions["crm.settings"].keyring.pepper(principal().controller_id)
    return pepper


def _address(given: dict[str, Any]) -> tuple[str, uuid.UUID | None]:
    pepper = _pepper()
    if "domain" in given:
        return domains.KIND, domains.key(pepper, domains.normalize_domain(given["domain"]))
    if "email" in given:
        return "email", address_key(pepper, "email", normalize_email(given["email"]))
    if "phone" in given:
        return "phone", address_key(pepper, "phone", normalize_phone(given["phone"]))
    return "email", None


def _block(
    connection: Connection, controller_id: uuid.UUID, new: dict[str, Any], key: uuid.UUID
) -> service.Block:
    scope, slug = new["scope"]["scope"], new["scope"]["topic"]
    topic = topics.named(connection, controller_id, slug) if slug else None
    return service.Block(
        address_key=key,
        scope=scope,
        topic_id=topic.id if topic else None,
        topic=topic.slug if topic else None,
        reason=new["reason"],
        source="operator",
        note=new.get("note"),
        suppressed_at=new.get("received_at"),
        ends_at=new.get("ends_at"),
    )


@blp.post("/lookup")
@requires("suppressions:read")
@idempotency.only_reads
@blp.arguments(shapes.Lookup)
@blp.response(200, shapes.SuppressionList)
def look_up(given: dict[str, Any]) -> dict[str, Any]:
    """Tell every block that stands on one address, those on its domain included."""
    caller = principal()
    _, key = _address(given)
    keys = [key] if key else []
    if "email" in given:
        keys += domains.covering_keys(_pepper(), normalize_email(given["email"]))
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = service.active(connection, caller.controller_id, *keys)
        _audit(connection, "suppressions.lookup", count=len(found))
        return {"items": [_dump(one) for one in found]}


@blp.get("")
@requires("suppressions:read")
@blp.arguments(shapes.SuppressionQuery, location="query")
@blp.response(200, shapes.SuppressionPage)
def list_suppressions(query: dict[str, Any]) -> dict[str, Any]:
    """List the blocks in the order of their ids."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = service.page(
            connection,
            caller.controller_id,
            after=paging.after_id(query["cursor"]) or _FIRST,
            limit=query["limit"] + 1,
            reason=query["reason"],
            include_lifted=query["include_lifted"],
        )
        _audit(connection, "suppressions.list", count=len(found))
        return paging.page([_dump(one) for one in found], query["limit"], lambda one: [one["id"]])


@blp.get("/<uuid:suppression_id>")
@requires("suppressions:read")
@blp.response(200, shapes.SuppressionShape)
def get_suppression(suppression_id: uuid.UUID) -> dict[str, Any]:
    """Return one block."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = service.get(connection, caller.controller_id, suppression_id)
        _audit(connection, "suppressions.read", subject_id=found.subject_id)
        return _dump(found)


@blp.post("/<uuid:suppression_id>/lift")
@requires("suppressions:lift")
@blp.arguments(shapes.Lift)
@blp.response(200, shapes.SuppressionShape)
def lift_suppression(given: dict[str, Any], suppression_id: uuid.UUID) -> dict[str, Any]:
    """Lift one block for a written reason.

    Never one for a complaint, an erasure or an objection: those end only by newly confirmed consent
    (`needs_new_consent`). What a person left by an own act stays refused: only consent given after
    that counts.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = lifting.lift(
            connection,
            caller.controller_id,
            suppression_id,
            justification=given["justification"],
            lifted_by=caller.actor,
            remember=current_app.extensions["crm.lifted"],
        )
        _audit(connection, "suppressions.lift", subject_id=found.subject_id)
        return _dump(found)


def _dump(found: service.Suppression) -> dict[str, Any]:
    return dict(vars(found))


def _audit(
    connection: Connection, action: str, *, subject_id: uuid.UUID | None = None, count: int = 1
) -> None:
    caller = principal()
    audit.record(
        connection,
        caller.controller_id,
        actor=caller.actor,
        action=action,
        subject_id=subject_id,
        fields=["address_key", "scope", "reason"],
        count=count,
    )
