"""What tests of double opt-in share."""

from typing import Any

from crm_service.controllers import service as controllers
from crm_service.db import transaction
from tests.contacts.register import Admin
from tests.factories import KeyClient, Tenant
from tests.rights.asking import told

EMAIL = "mari@example.com"
ORIGIN = "https://www.example.com"
WORDING = {"version": "newsletter v3", "language": "en", "text": "Yes, write to me."}


def browser_key(tenant: Tenant, **facts: Any) -> str:
    """Return a key for browsers."""
    given = {"scopes": ["subscriptions:create"], "origins": [ORIGIN], **facts}
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        return controllers.issue_key(
            session, tenant.controller_id, name="form", actor="operator:test", **given
        )


def register_wording(tenant: Tenant) -> None:
    """Register what the web form shows, as the controller's server does."""
    assert tenant.client.post("/v1/consent-wordings", json=WORDING).status_code == 201


def sign_up(form: KeyClient, email: str = EMAIL, *topics: str) -> Any:
    """Sign an address up as the web form does."""
    body = {"email": email, "topics": topics or ["news"], "wording": WORDING, "page": "/join v2"}
    return form.post("/v1/subscriptions", json=body)


def links(admin: Admin, tenant: Tenant) -> list[str]:
    """Return the paths of the links handed out."""
    handed_out = told(admin, tenant, "address_proof.requested.v1")
    return [one["url"].removeprefix("https://crm.example.com") for one in handed_out]
