"""HTTP for contacts."""

import uuid
from typing import Any

from flask import current_app
from flask.typing import ResponseReturnValue

from crm_service.contacts import reading, service, sourcing
from crm_service.contacts import schemas as shapes
from crm_service.contacts.facts import Origin
from crm_service.contacts.models import Contact
from crm_service.db import driver_connection, transaction
from crm_service.errors import Forbidden
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.web import etags, idempotency, paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.principal import Principal

blp = Blueprint(
    "contacts", __name__, url_prefix="/v1/contacts", description="People in the register"
)


#: Fields of which an answer tells whether another contact has the same.
_UNIQUE = frozenset({"email", "phone", "external_id"})


@blp.post("")
@requires("contacts:write")
@blp.arguments(shapes.NewContact)
@blp.response(201, shapes.RegisteredContact)
def register_contact(new: dict[str, Any]) -> ResponseReturnValue:
    """Register a contact, with its permissions if any are stated; all of it or nothing."""
    caller = principal()
    permissions, source = new.pop("permissions", []), new.pop("source")
    with transaction(caller.controller_id) as session:
        policy = policies.at_version(
            driver_connection(session), caller.controller_id, caller.policy_version
        )
        registered = service.register(
            session,
            caller.controller_id,
            policy,
            given=new,
            pepper=_pepper(caller),
            origin=_origin(caller, policy, new, source),
            permissions=permissions,
        )
        return _registered(registered)


@blp.put("")
@requires("contacts:write")
@blp.arguments(shapes.NewContact)
@blp.response(200, shapes.RegisteredContact)
@blp.alt_response(201, schema=shapes.RegisteredContact, description="The contact is new")
def upsert_contact(new: dict[str, Any]) -> ResponseReturnValue:
    """Register a contact, or update the one behind the address; what is absent stays."""
    caller = principal()
    permissions, source = new.pop("permissions", []), new.pop("source")
    with transaction(caller.controller_id) as session:
        policy = policies.at_version(
            driver_connection(session), caller.controller_id, caller.policy_version
        )
        registered = service.upsert(
            session,
            caller.controller_id,
            policy,
            given=new,
            pepper=_pepper(caller),
            origin=_origin(caller, policy, new, source),
            permissions=permissions,
        )
        return _registered(registered)


@blp.get("")
@requires("contacts:read", client_managers=True)
@blp.arguments(shapes.ContactQuery, location="query")
@blp.response(200, shapes.ContactPage)
def list_contacts(query: dict[str, Any]) -> dict[str, Any]:
    """List contacts in the order of their ids."""
    caller = principal()
    limit, cursor = query.pop("limit"), query.pop("cursor")
    if caller.client_manager is not None:
        query["assigned_to"] = caller.client_manager
    with transaction(caller.controller_id) as session:
        found = reading.listing(
            session,
            caller.controller_id,
            filters=query,
            after=paging.after_id(cursor),
            limit=limit,
            actor=caller.actor,
        )
        return paging.page([_facts(contact) for contact in found], limit, lambda c: [c["id"]])


@blp.post("/lookup")
@requires("contacts:read", client_managers=True)
@idempotency.only_reads
@blp.arguments(shapes.ContactLookup)
@blp.response(200, shapes.Contact)
def look_up_contact(sought: dict[str, Any]) -> ResponseReturnValue:
    """Find the contact behind an address, in any spelling, also one that it bore before."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        contact = reading.lookup(
            session,
            caller.controller_id,
            email=sought["email"],
            pepper=_pepper(caller),
            actor=caller.actor,
        )
        return _facts(contact), 200, etags.headers(contact.version)


@blp.get("/<uuid:contact_id>")
@requires("contacts:read", client_managers=True)
@blp.response(200, shapes.Contact)
def get_contact(contact_id: uuid.UUID) -> ResponseReturnValue:
    """Return one contact."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        contact = reading.read(session, caller.controller_id, contact_id, caller.actor)
        return _facts(contact), 200, etags.headers(contact.version)


@blp.patch("/<uuid:contact_id>")
@requires("contacts:write", client_managers=True)
@etags.conditional
@blp.arguments(shapes.ContactChange)
@blp.response(200, shapes.Contact)
@blp.alt_response(409, "CONFLICT")
def change_contact(given: dict[str, Any], contact_id: uuid.UUID) -> ResponseReturnValue:
    """Change a contact; `If-Match` names the version that was read.

    A changed address keeps its blocks and permissions; the old one still leads to the contact.
    """
    caller = principal()
    source = given.pop("source", {})
    _refuse_unique(caller, given)
    with transaction(caller.controller_id) as session:
        contact = service.hold(session, caller.controller_id, contact_id)
        etags.check(contact.version)
        policy = policies.at_version(
            driver_connection(session), caller.controller_id, caller.policy_version
        )
        origin = _origin(caller, policy, given, source)
        service.change(session, policy, contact, given=given, pepper=_pepper(caller), origin=origin)
        return _facts(contact), 200, etags.headers(contact.version)


@blp.get("/<uuid:contact_id>/provenance")
@requires("contacts:read", client_managers=True)
@blp.response(200, shapes.ContactProvenance)
def get_provenance(contact_id: uuid.UUID) -> dict[str, Any]:
    """Tell where each field of a contact comes from (GDPR Art. 14(2)(f) and 15(1)(g))."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        found = sourcing.read(session, caller.controller_id, contact_id, actor=caller.actor)
        items = [
            {
                "field": one.field,
                "source": {"kind": one.kind, "reference": one.reference},
                "recorded_at": one.recorded_at,
            }
            for one in found
        ]
        return {"items": items}


def _refuse_unique(caller: Principal, given: dict[str, Any]) -> None:
    """Keep client managers from what is unique: it may be a contact's they must not know of."""
    if caller.client_manager is not None and _UNIQUE & set(given):
        raise Forbidden(
            "addresses and external_id are changed by an administrator",
            code="not_for_client_managers",
        )


def _origin(
    caller: Principal, policy: Policy, given: dict[str, Any], source: dict[str, Any]
) -> Origin:
    """Return who says it, and take out of ``given`` why it is said all the same."""
    return Origin(
        actor=caller.actor,
        source=sourcing.stated(policy, **source),
        necessity=given.pop("necessary_for", None),
    )


def _pepper(caller: Principal) -> bytes:
    pepper: bytes = current_app.extensions["crm.settings"].keyring.pepper(caller.controller_id)
    return pepper


def _registered(registered: service.Registered) -> ResponseReturnValue:
    contact = registered.contact
    facts = {**_facts(contact), "permissions": [vars(one) for one in registered.outcomes]}
    headers = {"Location": f"/v1/contacts/{contact.id}", **etags.headers(contact.version)}
    return facts, 201 if registered.is_new else 200, headers


def _facts(contact: Contact) -> dict[str, Any]:
    names = [name for name in shapes.Contact().fields if name != "source"]
    source = {"kind": contact.source_kind, "reference": contact.source_reference}
    return {name: getattr(contact, name) for name in names} | {"source": source}
