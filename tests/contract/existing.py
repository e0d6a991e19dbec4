"""One of everything that a path can name, so that calls about it find something."""

from typing import Any

from crm_service.clock import utcnow
from tests.factories import Tenant
from tests.recipients.register import MAILHOUSE, enter
from tests.rights.asking import ask, decide, identify

_AT = {"occurred_at": "2026-11-03T09:15:00Z"}


def everything(tenant: Tenant) -> dict[str, object]:
    """Record one of each; return the path parameters that lead to it, by name."""
    post = tenant.client.post
    post("/v1/topics", json={"slug": "news", "name": {"en": "N"}, "category": "marketing"})
    key = {"name": "spare", "scopes": ["topics:read"]}
    block = {"email": "two@example.com", "scope": "marketing", "reason": "manual"}
    contact = {"email": "one@example.com", "first_name": "One", "source": {"kind": "api"}}
    contact_id = post("/v1/contacts", json=contact).json["id"]
    return {
        **_of_contact(tenant, contact_id),
        **_of_recipients(tenant, contact_id),
        **_of_providers(tenant, contact_id),
        "contact_id": contact_id,
        "organization_id": post("/v1/organizations", json={"name": "One"}).json["id"],
        "suppression_id": post("/v1/suppressions", json=block).json["id"],
        "key_id": post("/v1/keys", json=key).json["id"],
        "decision_id": _decision(tenant),
        "proof_id": _proof(tenant),
        "assistance_id": _assistance(tenant),
        "slug": "news",
        "version": 1,
    }


def _of_contact(tenant: Tenant, contact_id: str) -> dict[str, object]:
    post, path = tenant.client.post, f"/v1/contacts/{contact_id}"
    note = {"kind": "note", "note": "-", "case": "C-1", **_AT}
    request = {"kind": "access", "contact_id": contact_id, "received_by": "email"}
    contract = {"reference": "1", "signed_on": "2026-11-03"}
    hold = {"kind": "dispute", "reference": "1", "reasons": "a claim"}
    file: dict[str, Any] = {"data": "email\none@example.com\n", "content_type": "text/csv"}
    return {
        "case_id": post(f"{path}/interactions", json=note).json["case_id"],
        "contract_id": post(f"{path}/contracts", json=contract).json["id"],
        "hold_id": post(f"{path}/holds", json=hold).json["id"],
        "request_id": post("/v1/rights-requests", json=request).json["id"],
        "import_id": post("/v1/imports", **file).json["id"],
    }


def _of_recipients(tenant: Tenant, contact_id: str) -> dict[str, object]:
    """A recipient got a name that was corrected afterwards: a notice is owed to it."""
    recipient = enter(tenant, MAILHOUSE)["id"]
    handed = {"recipient": "mailhouse", "contact_ids": [contact_id], "ground": "processor"}
    answer = tenant.client.post("/v1/disclosures", json={**handed, "fields": ["first_name"]})
    assert answer.status_code == 201, answer.json
    request = ask(tenant, "rectification", contact_id=contact_id)
    identify(tenant, request)
    decide(tenant, request, "granted", changes={"first_name": "Two"})
    [notice] = tenant.client.get("/v1/recipient-notices").json["items"]
    return {"recipient_id": recipient, "notice_id": notice["id"]}


def _of_providers(tenant: Tenant, contact_id: str) -> dict[str, object]:
    post = tenant.client.post
    hook = post("/v1/webhook-endpoints", json={"provider": "brevo", "name": "One"}).json
    event = {"event_id": "1", "type": "sent", "contact_id": contact_id, "campaign": "spring", **_AT}
    post("/v1/engagement-events", json={"events": [event]})
    return {
        "provider": "brevo",
        "endpoint_id": hook["id"],
        "secret_id": hook["secrets"][0]["id"],
        "campaign": "spring",
    }


def _decision(tenant: Tenant) -> str:
    asked = {"topic": "news", "channel": "email", "emails": ["one@example.com"]}
    decision: str = tenant.client.post("/v1/eligibility-checks", json=asked).json["decision_id"]
    return decision


def _proof(tenant: Tenant) -> str:
    asked = {"topic": "news", "channel": "email", "email": "one@example.com"}
    answer = tenant.client.post("/v1/permission-proofs", json={**asked, "at": utcnow().isoformat()})
    assert answer.status_code == 200, answer.json
    proof: str = answer.json["proof_id"]
    return proof


def _assistance(tenant: Tenant) -> str:
    asked = {"requested_by": "me", "task": "look", "ends_at": "2099-01-01T00:00:00Z"}
    assistance: str = tenant.client.post("/v1/assistance-requests", json=asked).json["id"]
    return assistance
