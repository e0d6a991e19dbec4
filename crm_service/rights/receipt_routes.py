"""HTTP for consent receipts."""

import uuid
from typing import Any

import marshmallow as ma

from crm_service.contacts import reading
from crm_service.db import driver_connection, transaction
from crm_service.policies import service as policies
from crm_service.rights import receipts
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "consent_receipts",
    __name__,
    url_prefix="/v1/contacts/<uuid:contact_id>/consent-receipts",
    description="What was consented to, as ISO/IEC TS 27560 writes it",
)

_EXAMPLE = {
    "@context": receipts.CONTEXT,
    "@type": "dpv:ConsentReceipt",
    "schema_version": receipts.SCHEMA_VERSION,
    "record_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "pii_principal_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "pii_processing": {"purposes": [{"purpose": "marketing", "service": "news"}]},
    "events": [{"event_time": "2026-11-03T09:15:00Z", "event_state": "dpv:ConsentGiven"}],
}


class ConsentReceipts(ma.Schema):
    """Every consent of a contact, the oldest first."""

    items = ma.fields.List(
        ma.fields.Dict(keys=ma.fields.String()), required=True, metadata={"example": [_EXAMPLE]}
    )


@blp.get("")
@requires("permissions:read", client_managers=True)
@blp.response(200, ConsentReceipts)
def list_consent_receipts(contact_id: uuid.UUID) -> dict[str, Any]:
    """Return a receipt for every consent that the ledger knows of the contact."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        reading.read(session, caller.controller_id, contact_id, caller.actor)
        policy = policies.active(connection, caller.controller_id)
        found = receipts.receipts(
            connection, caller.controller_id, policy, contact_id, actor=caller.actor
        )
    return {"items": found}
