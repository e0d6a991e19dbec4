"""HTTP for one contact's permissions and ledger."""

import uuid
from typing import Any

from flask.typing import ResponseReturnValue

from crm_service.audit import service as audit
from crm_service.contacts import repository, service, stating
from crm_service.contacts.facts import Origin, Source
from crm_service.db import driver_connection, transaction
from crm_service.permissions import history
from crm_service.permissions import schemas as shapes
from crm_service.policies import service as policies
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "permissions",
    __name__,
    url_prefix="/v1/contacts/<uuid:contact_id>",
    description="Legal bases of one contact, and the ledger that proves them",
)


@blp.post("/permissions")
@requires("permissions:write", client_managers=True)
@blp.arguments(shapes.NewPermission)
@blp.response(201, shapes.RecordedPermission)
def record_permission(new: dict[str, Any], contact_id: uuid.UUID) -> ResponseReturnValue:
    """Record a grant with its evidence, a request, a withdrawal or an objection.

    A grant without its evidence is refused (`evidence_missing`), and so is one that would turn a
    withdrawal or objection back into a yes (`objection_stands`).
    """
    caller = principal()
    origin = Origin(actor=caller.actor, source=Source(kind="api"))
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        contact = service.hold(session, caller.controller_id, contact_id)
        policy = policies.at_version(connection, caller.controller_id, caller.policy_version)
        outcome = stating.state(session, policy, contact, new, origin)
        return {
            "entry_id": outcome.entry_id,
            "outcome": outcome.outcome,
            "action": outcome.action,
            "warnings": list(outcome.warnings),
        }, 201


@blp.get("/permissions")
@requires("permissions:read", client_managers=True)
@blp.arguments(shapes.AtQuery, location="query")
@blp.response(200, shapes.PermissionStates)
def list_permissions(query: dict[str, Any], contact_id: uuid.UUID) -> dict[str, Any]:
    """Tell what stands now, or what stood at any past moment (`?at=`)."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        repository.get(session, caller.controller_id, contact_id)
        found = history.as_of(connection, caller.controller_id, contact_id, query["at"])
        audit.record(
            connection,
            caller.controller_id,
            actor=caller.actor,
            action="permissions.read",
            subject_id=contact_id,
            fields=["permissions"],
        )
        return {"at": found.at, "policy_version": found.policy_version, "items": found.items}


@blp.get("/ledger")
@requires("permissions:read", client_managers=True)
@blp.arguments(paging.PageQuery, location="query")
@blp.response(200, shapes.LedgerPage)
def list_ledger(query: dict[str, Any], contact_id: uuid.UUID) -> dict[str, Any]:
    """List every ledger entry of the contact, oldest first, each with its digest."""
    caller = principal()
    position = paging.after(query["cursor"])
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        repository.get(session, caller.controller_id, contact_id)
        entries = history.ledger(
            connection,
            caller.controller_id,
            contact_id,
            after=position[0] if position else 0,
            limit=query["limit"] + 1,
        )
        audit.record(
            connection,
            caller.controller_id,
            actor=caller.actor,
            action="permissions.ledger",
            subject_id=contact_id,
            fields=["ledger", "evidence"],
            count=1,
        )
        return paging.page(entries, query["limit"], lambda entry: [entry["position"]])
