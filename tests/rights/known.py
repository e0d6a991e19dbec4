"""A person whom nearly every room knows, with a long history and values that are hard to show."""

from typing import Any

from tests.contacts.register import CONSENT, change, email_key, register, suppress
from tests.engagement.happenings import happening, take_in
from tests.factories import Tenant
from tests.recipients.register import MAILHOUSE, enter
from tests.rights.asking import ask, decide, granted, identify

EMAIL = "mari@example.com"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
RIGHT_TO_LEFT = "مرحبا بالعالم שלום"
ENDLESS = "https://example.com/" + "a" * 400
AT = "2026-11-03T09:15:00Z"


def live(tenant: Tenant, *, language: str, times: int = 2) -> dict[str, Any]:
    """Have a person live through all of it, some of it so many ``times``; return the contact."""
    for slug, name in (("news", "Uudised ja pakkumised"), ("offers", "Offers")):
        topic = {"slug": slug, "name": {"et": name}, "category": "marketing"}
        assert tenant.client.post("/v1/topics", json=topic).status_code == 201
    contact = register(tenant, language=language, permissions=[dict(CONSENT)], **_facts())
    _deal(tenant, contact, times)
    _be_written_to(tenant, times)
    _leave(tenant, contact)
    _be_handed_out(tenant, contact)
    _ask(tenant)
    return contact


def _facts() -> dict[str, Any]:
    return {
        "first_name": "Jürgen Õäöü",
        "last_name": RIGHT_TO_LEFT,
        "company": "Ж" * 120,
        "notes": f"{HOSTILE} {'x' * 600}",
        "phone": "+37251234567",
        "city": "Åmål",
        "country": "SE",
        "attributes": {"customer_number": "9", "segment": HOSTILE},
    }


def _deal(tenant: Tenant, contact: dict[str, Any], times: int) -> None:
    post, path = tenant.client.post, f"/v1/contacts/{contact['id']}"
    kinds = {"call": "in", "chat": "out", "order": "in", "inquiry": "in", "meeting": "out"}
    for number in range(times):
        for kind, direction in kinds.items():
            dealt = {"kind": kind, "occurred_at": AT, "direction": direction, "note": f"{number}"}
            assert post(f"{path}/interactions", json=dealt).status_code == 201
    noted = {"kind": "note", "occurred_at": AT, "note": "wants a quote " * 40, "case": "C-1"}
    assert post(f"{path}/interactions", json=noted).status_code == 201
    identified = {"country": "EE", "number": "38001085718"}
    assert tenant.client.put(f"{path}/national-id", json=identified).status_code == 200
    contract = {"reference": "K-1", "signed_on": "2025-01-01", "purpose": "service"}
    assert post(f"{path}/contracts", json=contract).status_code == 201
    hold = {"kind": "dispute", "reference": "2-26-1", "reasons": "Before the court."}
    assert post(f"{path}/holds", json=hold).status_code == 201
    assert change(tenant, contact, street="Väga pikk tänav 1").status_code == 200


def _be_written_to(tenant: Tenant, times: int) -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15"
    common = {"topic": "news", "campaign": "spring", "user_agent": agent}
    events = [
        happening(kind, after=number * 4000, url=ENDLESS if kind == "clicked" else None, **common)
        for number in range(times)
        for kind in ("sent", "delivered", "opened", "clicked")
    ]
    take_in(tenant, [*events, happening("bounced", bounce="soft", after=9)])


def _leave(tenant: Tenant, contact: dict[str, Any]) -> None:
    post = tenant.client.post
    suppress(tenant, email_key(tenant, EMAIL), "manual")
    asked = post("/v1/unsubscribe-links", json={"email": EMAIL, "topic": "news"})
    link = asked.json["url"].removeprefix("https://crm.example.com")
    browser, base = tenant.app.test_client(), "https://crm.example.com"
    page = browser.post(link, data={"via": "page"}, base_url=base).text
    proof = page.partition('name="proof" value="')[2].partition('"')[0]
    told = {"reason": "too_many", "comment": "Every day!", "proof": proof}
    browser.post(f"{link}/reason", data=told, base_url=base)
    kept = {"frequency": "weekly", "language": "en"}
    browser.post(f"{link}/preferences", data=kept, base_url=base)
    objected = {"purpose": "marketing", "channel": "sms", "basis": "legitimate_interests"}
    path = f"/v1/contacts/{contact['id']}/permissions"
    assert post(path, json=objected | {"state": "objected"}).status_code == 201


def _be_handed_out(tenant: Tenant, contact: dict[str, Any]) -> None:
    enter(tenant, MAILHOUSE)
    handed = {"recipient": "mailhouse", "contact_ids": [contact["id"]], "ground": "processor"}
    disclosed = handed | {"fields": ["first_name", "email"], "need": "letters"}
    assert tenant.client.post("/v1/disclosures", json=disclosed).status_code == 201


def _ask(tenant: Tenant) -> None:
    refused = ask(tenant, "erasure", email=EMAIL, details="Forget me.", ground="unlawful")
    identify(tenant, refused)
    answer = decide(tenant, refused, "refused", ground="law_enforcement", reasons="Not now.")
    assert answer.status_code == 200, answer.json
    granted(tenant, "restriction", email=EMAIL)
