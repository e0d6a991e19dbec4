"""Deciding: what is done at once, what is granted, and what may be refused on which ground."""

from typing import Any

import pytest
from flask import Flask

from tests.contacts.register import (
    CONSENT,
    Admin,
    email_key,
    phone_key,
    reasons,
    register,
)
from tests.factories import Tenant
from tests.rights.asking import ask, decide, identify, package, read, step, told, under

EMAIL, PHONE = "mari@example.com", "+372 5123 4567"


def verdict(tenant: Tenant, topic: str = "news", email: str = EMAIL) -> list[str]:
    """Return the reasons against writing to the address, none where there is none."""
    body = {"topic": topic, "channel": "email", "emails": [email]}
    answer = tenant.client.post("/v1/eligibility-checks", json=body)
    found: list[str] = answer.json["results"][0]["reasons"]
    return found


def subscribed(tenant: Tenant, **facts: Any) -> dict[str, Any]:
    """Return a person who may be written to about two topics."""
    for slug in ("news", "events"):
        topic = {"slug": slug, "name": {"en": slug}, "category": "marketing"}
        tenant.client.post("/v1/topics", json=topic)
    interest = {"purpose": "marketing", "channel": "email", "basis": "legitimate_interests"}
    stated = {**interest, "state": "granted", "evidence": {"assessment": "LIA-1"}}
    contact = register(tenant, phone=PHONE, permissions=[stated], **facts)
    assert verdict(tenant) == []
    return contact


@pytest.mark.rule(16, 24)
@pytest.mark.clause("ee-15", "si-03", "se-09")
@pytest.mark.parametrize(
    ("kind", "reason"), [("objection", "objection"), ("withdrawal", "unsubscribe")]
)
def test_an_objection_and_a_withdrawal_act_with_their_receipt(
    tenant: Tenant, admin: Admin, kind: str, reason: str
) -> None:
    contact = subscribed(tenant)

    request = ask(tenant, kind, contact_id=contact["id"], received_by="post")

    assert request["status"] == "in_progress"
    assert verdict(tenant)[0] == "suppressed"
    assert reasons(tenant, email_key(tenant, EMAIL)) == [reason]
    assert reasons(tenant, phone_key(tenant, PHONE)) == [reason]
    assert request["executed"]["permissions_ended"] >= 1
    [left] = told(admin, tenant, "contact.unsubscribed.v1")
    assert (left["scope"], left["source"]) == ("marketing", "rights_request")


@pytest.mark.clause("ee-15")
@pytest.mark.parametrize("kind", ["objection", "withdrawal"])
def test_neither_can_be_refused_on_any_ground(tenant: Tenant, kind: str) -> None:
    request = ask(tenant, kind)

    answer = decide(tenant, request, "refused", ground="law_enforcement", reasons="No.")

    assert (answer.status_code, answer.json["code"]) == (409, "refusal_not_allowed")
    assert decide(tenant, request, "granted").json["status"] == "decided"


@pytest.mark.rule(15)
def test_an_objection_to_one_topic_leaves_the_others(tenant: Tenant) -> None:
    contact = subscribed(tenant)

    ask(tenant, "objection", contact_id=contact["id"], topic="news")

    assert verdict(tenant, "news")[0] == "suppressed"
    assert verdict(tenant, "events") == []


def test_whoever_objects_without_being_known_is_suppressed(tenant: Tenant) -> None:
    ask(tenant, "objection", email="new@example.org")
    register(tenant, email="new@example.org", permissions=[dict(CONSENT)])

    assert reasons(tenant, email_key(tenant, "new@example.org")) == ["objection"]


@pytest.mark.clause("ee-15", "si-17")
@pytest.mark.parametrize("kind", ["access", "portability", "erasure", "rectification"])
def test_nothing_is_granted_before_the_identity_is_established(tenant: Tenant, kind: str) -> None:
    register(tenant)
    request = ask(tenant, kind)

    answer = decide(tenant, request, "granted")
    fetched = tenant.client.get(f"/v1/rights-requests/{request['id']}/package")

    assert (answer.status_code, answer.json["code"]) == (409, "identity_not_proven")
    assert (fetched.status_code, fetched.json["code"]) == (409, "no_package")


@pytest.mark.rule(33)
@pytest.mark.clause("ee-12", "ee-13", "se-08", "no-08")
def test_access_gives_everything_that_is_held(tenant: Tenant) -> None:
    contact = subscribed(tenant)
    request = ask(tenant, "access", contact_id=contact["id"])
    identify(tenant, request)

    decided = decide(tenant, request, "granted")
    held = package(tenant, request)

    assert decided.json["answer_to"] == EMAIL
    assert held["contacts"][0]["first_name"] == "Mari"
    assert held["permissions"][0]["evidence"] == {"assessment": "LIA-1"}


@pytest.mark.rule(33)
@pytest.mark.clause("ee-12", "no-08", "se-08")
def test_a_granted_rectification_changes_the_contact_with_its_provenance(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant)
    request = ask(tenant, "rectification", contact_id=contact["id"])
    identify(tenant, request)

    empty = decide(tenant, request, "granted")
    granted = decide(tenant, request, "granted", changes={"city": "Tartu", "last_name": "Tamm"})

    changed = tenant.client.get(f"/v1/contacts/{contact['id']}").json
    [event] = told(admin, tenant, "contact.updated.v1")
    assert empty.json["code"] == "changes_missing"
    done = {"fields_changed": ["city", "last_name"], "recipients_to_tell": 0}
    assert granted.json["executed"] == done
    assert (changed["city"], changed["last_name"]) == ("Tartu", "Tamm")
    assert event["source"] == "person"


@pytest.mark.rule(5, 33)
@pytest.mark.clause("ee-16", "ee-17", "si-10")
def test_a_granted_erasure_leaves_keyed_hashes_that_block_all_marketing(
    tenant: Tenant, admin: Admin
) -> None:
    contact = subscribed(tenant)
    request = ask(tenant, "erasure", contact_id=contact["id"], details="Forget Mari.")
    identify(tenant, request)

    granted = decide(tenant, request, "granted", reasons="Mari asked.").json

    kept = read(tenant, request)
    assert tenant.client.get(f"/v1/contacts/{contact['id']}").status_code == 404
    assert reasons(tenant, email_key(tenant, EMAIL)) == ["erasure"]
    assert reasons(tenant, phone_key(tenant, PHONE)) == ["erasure"]
    assert (granted["answer_to"], granted["executed"]["kept"]) == (EMAIL, {"suppressions": 2})
    assert "Mari asked." in granted["letter"]["text"]
    assert (kept["email"], kept["details"], kept["reasons"]) == (None, None, None)
    assert (kept["outcome"], kept["status"]) == ("granted", "decided")
    assert len(told(admin, tenant, "contact.erased.v1")) == 1


def test_erasing_whoever_is_not_known_blocks_the_address_all_the_same(tenant: Tenant) -> None:
    request = ask(tenant, "erasure", email="new@example.org")
    identify(tenant, request)

    assert decide(tenant, request, "granted").status_code == 200
    assert reasons(tenant, email_key(tenant, "new@example.org")) == ["erasure"]


STANDING = ["consent", "legitimate_interests"]


@pytest.mark.clause("se-09")
def test_consent_as_the_only_basis_is_held_against_the_ledger(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    contact = subscribed(tenant)
    tenant.client.post(f"/v1/contacts/{contact['id']}/permissions", json=dict(CONSENT))
    request = ask(tenant, "erasure", contact_id=contact["id"])
    identify(tenant, request)

    without = decide(tenant, request, "granted")
    another = decide(tenant, request, "granted", ground="wrong")
    unmet = decide(tenant, request, "granted", ground="consent_withdrawn")
    ask(tenant, "objection", contact_id=contact["id"])
    met = decide(tenant, request, "granted", ground="consent_withdrawn")

    assert (without.json["code"], another.json["code"]) == ("ground_missing", "unknown_ground")
    assert (unmet.json["code"], unmet.json["bases"]) == ("ground_not_met", STANDING)
    assert (met.status_code, met.json["ground"]) == (200, "consent_withdrawn")


@pytest.mark.rule(33)
@pytest.mark.clause("si-17")
def test_a_granted_restriction_leaves_nothing_but_storing(tenant: Tenant, admin: Admin) -> None:
    contact = subscribed(tenant)
    request = ask(tenant, "restriction", contact_id=contact["id"])
    identify(tenant, request)

    decide(tenant, request, "granted")

    tag = tenant.client.get(f"/v1/contacts/{contact['id']}").headers["ETag"]
    path, claim = f"/v1/contacts/{contact['id']}", {"basis": "legal_claims", "reference": "C-1"}
    moved = {"email": "moved@example.com", "necessary_for": claim}
    tenant.client.patch(path, json=moved, headers={"If-Match": tag})
    assert verdict(tenant, email="moved@example.com") == ["restricted"]
    assert len(told(admin, tenant, "contact.restricted.v1")) == 1


def test_a_decided_request_is_closed_and_that_is_told(tenant: Tenant, admin: Admin) -> None:
    request = ask(tenant, "objection")
    early = step(tenant, request, "close")
    decide(tenant, request, "granted")

    closed = step(tenant, request, "close")

    assert early.json["code"] == "wrong_status"
    assert (closed.json["status"], closed.json["closed_at"] is None) == ("closed", False)
    [completed] = told(admin, tenant, "rights_request.completed.v1")
    assert completed["outcome"] == "granted"
    assert step(tenant, request, "close").status_code == 409


def test_a_person_may_take_a_request_back(tenant: Tenant) -> None:
    contact = register(tenant)
    request = ask(tenant, "erasure", contact_id=contact["id"])

    answer = decide(tenant, request, "retracted")

    assert (answer.json["outcome"], answer.json["status"]) == ("retracted", "decided")
    assert tenant.client.get(f"/v1/contacts/{contact['id']}").status_code == 200
