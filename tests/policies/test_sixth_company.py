"""A sixth company is a sixth file: its numbers bite, seen through the public API alone."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.engagement.happenings import Admin, blocks, happening, take_in
from tests.factories import Tenant, make_tenant
from tests.policies.documents import other
from tests.rights.asking import ask, at, decide, identify
from tests.unsubscribe.machinery import PERSON

EMAIL = "mari@example.com"
CONSENT: dict[str, Any] = {
    "topic": "regatta",
    "channel": "email",
    "basis": "consent",
    "state": "granted",
    "evidence": {
        "method": "webform",
        "occurred_at": "2026-11-01T10:00:00Z",
        "wording": {"version": "1", "language": "da", "text": "Ja tak."},
    },
}


@pytest.fixture
def havn(app: Flask) -> Tenant:
    """The sixth company, with a topic and a person who consented to it."""
    tenant = make_tenant(app, policy=other("sixth"))
    topic = {"slug": "regatta", "name": {"da": "Regatta"}, "category": "marketing"}
    topic["purpose"] = "club"
    assert tenant.client.post("/v1/topics", json=topic).status_code == 201
    contact = {"email": EMAIL, "source": {"kind": "api"}, "permissions": [CONSENT]}
    created = tenant.client.post("/v1/contacts", json=contact)
    assert created.status_code == 201, created.json
    return tenant


def verdict(tenant: Tenant) -> dict[str, Any]:
    asked = {"topic": "regatta", "channel": "email", "emails": [EMAIL]}
    answer = tenant.client.post("/v1/eligibility-checks", json=asked)
    found: dict[str, Any] = answer.json["results"][0]
    return found


def test_its_consents_last_thirteen_months(havn: Tenant) -> None:
    with at("2027-12-01T09:00:00+00:00"):
        last_day = verdict(havn)
    with at("2027-12-03T00:00:00+00:00"):
        afterwards = verdict(havn)

    assert last_day["eligible"]
    assert afterwards["reasons"] == ["term_ended"]


@pytest.mark.rule(32)
@pytest.mark.parametrize(
    ("kind", "due_on"),
    # Second Day of Christmas is a Saturday, New Year's Day a Friday.
    [("access", "2027-01-05"), ("erasure", "2027-01-07"), ("objection", "2027-02-18")],
)
def test_its_requests_are_due_by_its_own_calendar(havn: Tenant, kind: str, due_on: str) -> None:
    with at("2026-12-18T09:00:00+00:00"):
        request = ask(havn, kind, received_at="2026-12-18T08:00:00Z")

    assert request["due_on"] == due_on


def test_only_its_own_kinds_and_grounds_exist(havn: Tenant) -> None:
    asked = {"kind": "portability", "email": EMAIL, "received_by": "email"}
    unknown_kind = havn.client.post("/v1/rights-requests", json=asked)
    request = ask(havn, "erasure")
    identify(havn, request)

    foreign = decide(havn, request, "refused", ground="legal_claims", reasons="No.")
    own = decide(havn, request, "refused", ground="harbor_order", reasons="Section 4.")

    assert (unknown_kind.status_code, foreign.status_code) == (422, 422)
    assert own.json["refusal_ground"] == "harbor_order"


@pytest.mark.rule(29)
def test_two_soft_bounces_within_a_week_block_marketing(havn: Tenant, admin: Admin) -> None:
    day = timedelta(days=1).total_seconds()

    take_in(havn, [happening("bounced", bounce="soft", after=n * day) for n in (0, 8)])
    too_far_apart = blocks(admin, havn)
    take_in(havn, [happening("bounced", bounce="soft", after=9 * day)])

    assert too_far_apart == set()
    assert {scope for scope, _, _ in blocks(admin, havn)} == {"marketing"}


@pytest.mark.parametrize(
    "facts",
    [
        {"city": "Aarhus"},
        {"attributes": {"shoe_size": 43}},
        {"permissions": [{**CONSENT, "channel": "post"}]},
    ],
)
def test_what_it_does_not_name_is_refused(havn: Tenant, facts: dict[str, Any]) -> None:
    contact = {"email": "jaan@example.com", "source": {"kind": "api"}, **facts}

    assert havn.client.post("/v1/contacts", json=contact).status_code == 422


def test_its_advertisers_are_handed_addresses_alone(havn: Tenant) -> None:
    ads = {**CONSENT, "channel": "ads_google"}
    contact_id = havn.client.post("/v1/contacts/lookup", json={"email": EMAIL}).json["id"]
    assert havn.client.post(f"/v1/contacts/{contact_id}/permissions", json=ads).status_code == 201

    audience = havn.client.get("/v1/audiences/regatta?channel=ads_google&format=google")

    assert audience.text.splitlines()[0] == "Email"


@pytest.mark.rule(13)
def test_opening_its_links_acts_at_once(havn: Tenant) -> None:
    link = havn.client.post("/v1/unsubscribe-links", json={"email": EMAIL, "topic": "regatta"})
    path = link.json["url"].removeprefix("https://crm.example.com")

    havn.app.test_client().get(path, headers=dict(PERSON), base_url="https://crm.example.com")

    assert verdict(havn)["reasons"][0] == "suppressed"


def test_a_wording_without_its_text_is_refused(havn: Tenant) -> None:
    evidence = {**CONSENT["evidence"], "wording": {"version": "2"}}
    permission = {**CONSENT, "evidence": evidence}
    contact = {"email": "jaan@example.com", "source": {"kind": "api"}}

    refused = havn.client.post("/v1/contacts", json={**contact, "permissions": [permission]})

    assert (refused.status_code, refused.json["code"]) == (422, "wording_text_missing")
