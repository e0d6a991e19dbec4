"""People whose addresses are proven."""

import uuid
from typing import Any

from crm_service.addresses import address_key
from crm_service.config import Settings
from crm_service.db import driver_connection, transaction
from crm_service.proofs import service
from crm_service.proofs.service import Handing, Issued
from tests.factories import Tenant

EMAIL = "ada@example.com"


def add_contact(tenant: Tenant, email: str = EMAIL, **fields: Any) -> uuid.UUID:
    """Register somebody and return the contact's id."""
    body = {"email": email, "source": {"kind": "website_form"}, **fields}
    answer = tenant.client.post("/v1/contacts", json=body)
    assert answer.status_code == 201, answer.json
    return uuid.UUID(answer.json["id"])


def key_of(tenant: Tenant, email: str = EMAIL) -> uuid.UUID:
    """Return the address key of an e-mail address."""
    settings: Settings = tenant.app.extensions["crm.settings"]
    return address_key(settings.keyring.pepper(tenant.controller_id), "email", email)


def ask(tenant: Tenant, subject_id: uuid.UUID | None, **facts: Any) -> Issued:
    """Ask for a proof of Ada's address, committed."""
    settings: Settings = tenant.app.extensions["crm.settings"]
    given: dict[str, Any] = {
        "handing": Handing.by(settings),
        "address_key": key_of(tenant),
        "purpose": "preferences",
        **facts,
    }
    with transaction(tenant.controller_id) as session:
        connection = driver_connection(session)
        return service.request(connection, tenant.controller_id, subject_id=subject_id, **given)


def token_of(issued: Issued) -> str:
    """Return the token in a link."""
    return issued.url.rpartition("/")[2]


def redeem(tenant: Tenant, issued: Issued, purpose: str = "preferences") -> service.Proof:
    """Use a proof up, committed."""
    with transaction(tenant.controller_id) as session:
        return service.redeem(
            driver_connection(session), tenant.controller_id, issued.id, purpose=purpose
        )


def events_of(tenant: Tenant, kind: str) -> list[dict[str, Any]]:
    """Return the tenant's events of one type, oldest first."""
    items = tenant.client.get("/v1/events?limit=500").json["items"]
    return [item for item in items if item["type"] == kind]
