"""HTTP for the register as a file."""

import uuid
from typing import Any

import marshmallow as ma
from flask import Response

from crm_service.clock import utcnow
from crm_service.contacts.schemas import ContactQuery
from crm_service.db import pipeline
from crm_service.policies import service as policies
from crm_service.transfers import contact_exporting
from crm_service.transfers.contact_exporting import FORMATS, Order
from crm_service.web import streaming
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "contact_exports", __name__, url_prefix="/v1/contacts", description="The register as a file"
)

_TYPES = {"csv": "text/csv", "ndjson": "application/x-ndjson"}
_ANSWER = {
    "description": "Every contact. A stream that breaks off is not the whole register",
    "headers": {
        "As-Of": {
            "description": "no row is older than this",
            "schema": {"type": "string", "format": "date-time"},
        },
        "Export-Id": {
            "description": "under which the audit log has this export",
            "schema": {"type": "string", "format": "uuid"},
        },
    },
    "content": {media_type: {"schema": {"type": "string"}} for media_type in _TYPES.values()},
}


class ContactExportQuery(ContactQuery):
    """Which contacts, and how they are written."""

    restricted = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "with those whose data are only stored (GDPR Art. 18)"},
    )
    format = ma.fields.String(load_default="csv", validate=ma.validate.OneOf(FORMATS))

    class Meta:
        """All of them: there are no pages."""

        exclude = ("limit", "cursor")


@blp.get("/export")
@requires("contacts:read")
@blp.doc(responses={"200": _ANSWER})
@blp.arguments(ContactExportQuery, location="query")
def export_contacts(query: dict[str, Any]) -> Response:
    """Hand out the register, narrowed as a list may be.

    CSV has the columns that an import knows, and a row for each permission by e-mail that can be
    told in one; imported again it changes nothing. Refusals stand in NDJSON, and as blocks in
    `GET /v1/suppressions/export`. People whose data are restricted are left out unless
    `restricted=true`.
    """
    caller = principal()
    with pipeline(caller.controller_id) as connection:
        policy = policies.at_version(connection, caller.controller_id, caller.policy_version)
    export_id, form, as_of = uuid.uuid4(), query.pop("format"), utcnow()
    restricted = query.pop("restricted")
    pieces = contact_exporting.export(
        streaming.connecting(caller.controller_id),
        caller.controller_id,
        Order(form, query, tuple(policy.custom_attributes), restricted=restricted),
        actor=caller.actor,
        export_id=export_id,
    )
    answer = Response(streaming.answering(pieces), mimetype=_TYPES[form])
    answer.headers["As-Of"] = as_of.isoformat().replace("+00:00", "Z")
    answer.headers["Export-Id"] = str(export_id)
    answer.headers["Content-Disposition"] = f'attachment; filename="contacts.{form}"'
    return answer
