"""HTTP for packages: what is handed out on access and portability (GDPR Art. 15 and 20)."""

import uuid
from typing import Any, Final

from flask import Response, current_app, request

from crm_service.db import transaction
from crm_service.rights import course, proving, repository
from crm_service.rights import package_schemas as shapes
from crm_service.rights.packages import building, links
from crm_service.rights.packages.building import Maker
from crm_service.rights.packages.sending import ZIP, handed_out
from crm_service.web import idempotency
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "rights_packages", __name__, url_prefix="/v1/rights-requests", description="Rights requests"
)

JSON: Final = "application/json"

_EXAMPLE: Final[dict[str, Any]] = {
    "about": {"kind": "access", "article": "15", "automated_decisions": False},
    "data": {
        "contacts": {
            "tables": ["contacts"],
            "file": "csv/contacts.csv",
            "rows": [{"email": "mari@example.com", "first_name": "Mari"}],
        }
    },
}
_ANSWER: Final = {
    "description": "The package",
    "content": {
        ZIP: {"schema": {"type": "string", "format": "binary"}},
        JSON: {
            "schema": {"type": "object", "additionalProperties": True},
            "example": _EXAMPLE,
        },
    },
}
_ENCRYPTED: Final = {
    "description": "The package, encrypted",
    "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
}


@blp.get("/<uuid:request_id>/package")
@requires("rights:read")
@blp.doc(responses={"200": _ANSWER})
@blp.alt_response(409, "CONFLICT")
def get_package(request_id: uuid.UUID) -> Response:
    """Return everything held about the person, made at this moment.

    A ZIP of `package.json`, a CSV for each part of the service and `index.html`, one document in
    the person's language to read and print; `Accept: application/json` gets `package.json` alone.
    Of granted requests for access or portability only: 409 `no_package` otherwise. Where the policy
    lets packages leave encrypted alone it is 409 `encryption_required`: POST a password.
    """
    caller = principal()
    maker = Maker(keyring=current_app.extensions["crm.settings"].keyring, actor=caller.actor)
    is_json = request.accept_mimetypes.best_match([ZIP, JSON]) == JSON
    with transaction(caller.controller_id) as session:
        found = repository.get(session, caller.controller_id, request_id)
        make = building.as_json_alone if is_json else building.as_zip
        spool = make(session, found, maker)
    return handed_out(spool, JSON if is_json else ZIP)


@blp.post("/<uuid:request_id>/package")
@requires("rights:read")
@idempotency.only_reads
@blp.doc(responses={"200": _ENCRYPTED})
@blp.arguments(shapes.PackagePassword)
def encrypt_package(given: dict[str, Any], request_id: uuid.UUID) -> Response:
    """Return the ZIP encrypted under a password of yours (AES-256); tell it by another way.

    The password is used for this archive and kept nowhere. A `GET` otherwise.
    """
    caller = principal()
    maker = Maker(keyring=current_app.extensions["crm.settings"].keyring, actor=caller.actor)
    with transaction(caller.controller_id) as session:
        found = repository.get(session, caller.controller_id, request_id)
        spool = building.as_zip(session, found, maker, password=given["password"])
    return handed_out(spool, ZIP)


@blp.post("/<uuid:request_id>/package-link")
@requires("rights:write")
@idempotency.shown_once
@blp.arguments(shapes.NewPackageLink)
@blp.response(201, shapes.PackageLink)
def send_package_link(given: dict[str, Any], request_id: uuid.UUID) -> Any:
    """Have the person sent a one-time link to the package: a link, never the data.

    With `encrypted` the answer holds a password, this once: tell it by another way than mail.
    Without it nobody gets anything by the link. 409 `address_not_held` where the person does not
    bear the request's address any more.
    """
    caller = principal()
    proving.throttle(caller.controller_id, request_id)
    with transaction(caller.controller_id) as session:
        found = course.hold(session, caller.controller_id, request_id)
        return links.send(session, found, encrypted=given.get("encrypted"), actor=caller.actor)
