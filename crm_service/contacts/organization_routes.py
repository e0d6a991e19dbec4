"""HTTP for organizations."""

import uuid
from typing import Any

from flask.typing import ResponseReturnValue

from crm_service.contacts import organizations
from crm_service.contacts import schemas as shapes
from crm_service.contacts.models import Organization
from crm_service.db import transaction
from crm_service.web import etags, paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "organizations",
    __name__,
    url_prefix="/v1/organizations",
    description="Legal entities that contacts represent",
)


@blp.post("")
@requires("contacts:write")
@blp.arguments(shapes.NewOrganization)
@blp.response(201, shapes.Organization)
def register_organization(new: dict[str, Any]) -> ResponseReturnValue:
    """Register a legal entity."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        organization = organizations.register(
            session, caller.controller_id, given=new, actor=caller.actor
        )
        location = {"Location": f"/v1/organizations/{organization.id}"}
        return _facts(organization), 201, location | etags.headers(organization.version)


@blp.get("")
@requires("contacts:read")
@blp.arguments(paging.PageQuery, location="query")
@blp.response(200, shapes.OrganizationPage)
def list_organizations(query: dict[str, Any]) -> dict[str, Any]:
    """List legal entities in the order of their ids."""
    caller = principal()
    limit = query["limit"]
    with transaction(caller.controller_id) as session:
        found = organizations.listing(
            session,
            caller.controller_id,
            after=paging.after_id(query["cursor"]),
            limit=limit,
            actor=caller.actor,
        )
        return paging.page([_facts(one) for one in found], limit, lambda one: [one["id"]])


@blp.get("/<uuid:organization_id>")
@requires("contacts:read")
@blp.response(200, shapes.Organization)
def get_organization(organization_id: uuid.UUID) -> ResponseReturnValue:
    """Return one legal entity."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        found = organizations.read(session, caller.controller_id, organization_id, caller.actor)
        return _facts(found), 200, etags.headers(found.version)


@blp.patch("/<uuid:organization_id>")
@requires("contacts:write")
@etags.conditional
@blp.arguments(shapes.OrganizationChange)
@blp.response(200, shapes.Organization)
@blp.alt_response(409, "CONFLICT")
def change_organization(given: dict[str, Any], organization_id: uuid.UUID) -> ResponseReturnValue:
    """Change a legal entity; `If-Match` names the version that was read."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        found = organizations.hold(session, caller.controller_id, organization_id)
        etags.check(found.version)
        organizations.change(session, found, given=given, actor=caller.actor)
        return _facts(found), 200, etags.headers(found.version)


def _facts(organization: Organization) -> dict[str, Any]:
    return {name: getattr(organization, name) for name in shapes.Organization().fields}
