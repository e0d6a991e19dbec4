"""A whole story, with every mistake a client can make, and no trace of the person (rule 39)."""

import io

import pytest

from tests.factories import Tenant

EMAIL = "Grace.Hopper@example.com"
PHONE = "+372 5123 4567"
#: Any of these in a log would tell of the person; none can be part of a hexadecimal id.
TRACES = ("grace", "hopper", "@example", "5123 4567", "51234567", "tallinn", "viru")


def _register(tenant: Tenant) -> str:
    person = {
        "email": EMAIL,
        "phone": PHONE,
        "first_name": "Grace",
        "last_name": "Hopper",
        "city": "Tallinn",
        "street": "Viru 1",
        "source": {"kind": "website_form"},
    }
    post = tenant.client.post
    post("/v1/topics", json={"slug": "news", "name": {"en": "News"}, "category": "marketing"})
    contact_id = post("/v1/contacts", json=person).json["id"]
    assert post("/v1/contacts", json=person).status_code == 409
    assert post("/v1/contacts/lookup", json={"email": EMAIL}).status_code == 200
    return str(contact_id)


def _ask_and_leave(tenant: Tenant) -> str:
    asked = {"topic": "news", "channel": "email", "emails": [EMAIL], "include": ["links"]}
    tenant.client.post("/v1/eligibility-checks", json=asked)
    link = tenant.client.post("/v1/unsubscribe-links", json={"email": EMAIL, "topic": "news"})
    token = str(link.json["url"].rpartition("/")[2])
    for path in (f"/u/{token}", f"/u/{token.upper()}.", f"/u/{token[:-1]}", f"/u/{token}/x"):
        tenant.client.get(path)
        tenant.client.post(path)
    return token


def _err(tenant: Tenant, contact_id: str) -> None:
    post = tenant.client.post
    post("/v1/contacts", json={"email": EMAIL, EMAIL: EMAIL, "phone": [PHONE]})
    post("/v1/contacts", data=f'{{"email": "{EMAIL}"', content_type="application/json")
    post("/v1/suppressions", json={"email": EMAIL, "scope": EMAIL, "reason": EMAIL})
    post(f"/v1/contacts/{contact_id}/permissions", json={"basis": EMAIL, "state": "granted"})
    tenant.client.get(f"/v1/contacts/{EMAIL}")
    tenant.client.get(f"/v1/contacts?email={EMAIL}")
    tenant.client.get("/v1/contacts", headers={"Authorization": f"Bearer {EMAIL}"})
    tenant.client.get("/livez", headers={"X-Request-Id": EMAIL, "User-Agent": EMAIL})


@pytest.mark.rule(39)
def test_logs_metrics_events_and_the_audit_log_tell_nothing_of_the_person(
    tenant: Tenant, logged: io.BytesIO
) -> None:
    contact_id = _register(tenant)
    token = _ask_and_leave(tenant)
    _err(tenant, contact_id)
    tenant.client.delete(f"/v1/contacts/{contact_id}")

    texts = {path: tenant.client.get(path).text for path in ("/metrics", "/v1/events", "/v1/audit")}
    texts["log"] = logged.getvalue().decode()
    hidden = (*TRACES, token[:20], tenant.key.split("_")[2])
    assert texts["log"].count('"event":"request"') > 20
    assert [(n, h) for n, text in texts.items() for h in hidden if h in text.lower()] == []
