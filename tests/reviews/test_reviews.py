"""At least once a year it is decided what becomes of what nobody used (clause no-05)."""

from typing import Any

import pytest
from flask import Flask

from tests.factories import Tenant
from tests.holds.holding import DISPUTE, lift, place
from tests.permissions.person import consent
from tests.rights.asking import at, under

MARI = "mari@example.com"
ADDED, LATER = "2027-01-10T10:00:00+01:00", "2028-01-10T10:00:00+01:00"
DUE = "/v1/reviews/due"


def register(tenant: Tenant, email: str = MARI) -> str:
    """Register a contact; return its id."""
    body = {"email": email, "source": {"kind": "person"}}
    return str(tenant.client.post("/v1/contacts", json=body).json["id"])


def due(tenant: Tenant) -> list[str]:
    """Return the contacts that are up for review."""
    answer = tenant.client.get(DUE)
    assert answer.status_code == 200, answer.json
    return [one["contact_id"] for one in answer.json["items"]]


def decide(tenant: Tenant, contact_id: str, decision: str) -> Any:
    """Decide about a contact."""
    body = {"decision": decision, "reasons": "the customer is still one"}
    return tenant.client.post(f"/v1/reviews/{contact_id}/decision", json=body)


@pytest.mark.clause("no-05")
def test_what_nobody_used_for_a_year_is_up_for_review(app: Flask) -> None:
    tenant = under(app, "cantec-no")
    with at(ADDED):
        mari = register(tenant)
    with at("2028-01-10T09:59:59+01:00"):
        before = due(tenant)
    with at(LATER):
        after, counted = due(tenant), tenant.client.get(f"{DUE}/count").json

    assert (before, after, counted["due"]) == ([], [mari], 1)


def _call(tenant: Tenant, contact_id: str) -> Any:
    call = {"kind": "call", "occurred_at": "2027-06-01T10:00:00Z"}
    return tenant.client.post(f"/v1/contacts/{contact_id}/interactions", json=call)


def _change(tenant: Tenant, contact_id: str) -> Any:
    headers = {"If-Match": "*"}
    return tenant.client.patch(f"/v1/contacts/{contact_id}", json={"city": "Oslo"}, headers=headers)


def _withdraw(tenant: Tenant, contact_id: str) -> Any:
    no = {"purpose": "marketing", "channel": "email", "basis": "consent", "state": "withdrawn"}
    return tenant.client.post(f"/v1/contacts/{contact_id}/permissions", json=no)


def _click(tenant: Tenant, _: str) -> Any:
    event = {"event_id": "1", "type": "clicked", "email": MARI, "url": "https://example.com/"}
    event["occurred_at"] = "2027-06-01T10:00:00Z"
    return tenant.client.post("/v1/engagement-events", json={"events": [event]})


@pytest.mark.clause("no-05")
@pytest.mark.parametrize("use", [_call, _change, _withdraw, _click])
def test_what_was_used_within_the_year_is_not_up_for_review(app: Flask, use: Any) -> None:
    tenant = under(app, "cantec-no")
    with at(ADDED):
        mari = register(tenant)
    with at("2027-06-01T12:00:00Z"):
        assert use(tenant, mari).status_code in {200, 201}

    with at(LATER):
        assert due(tenant) == []
    with at("2028-06-01T12:00:01Z"):
        assert due(tenant) == [mari]


@pytest.mark.clause("no-05")
def test_what_was_permitted_long_ago_and_stated_now_is_not_up_for_review(app: Flask) -> None:
    tenant = under(app, "cantec-no")
    with at("2020-01-10T10:00:00Z"):
        mari, kari = register(tenant), register(tenant, "kari@example.com")
    yes = {"purpose": "marketing", "channel": "email", "basis": "consent", "state": "granted"}

    answer = tenant.client.post(
        f"/v1/contacts/{mari}/permissions",
        json={**yes, "evidence": consent("2020-01-09T10:00:00Z")},
    )

    assert answer.status_code in {200, 201}, answer.json
    assert due(tenant) == [kari]


@pytest.mark.clause("no-05")
@pytest.mark.rule(38)
def test_what_is_kept_is_kept_for_a_year_with_the_decision_on_record(app: Flask) -> None:
    tenant = under(app, "cantec-no")
    with at(ADDED):
        mari = register(tenant)

    with at(LATER):
        kept, left = decide(tenant, mari, "keep"), due(tenant)
        entries = tenant.client.get(f"/v1/audit?subject_id={mari}&action=reviews.decide").json
    with at("2029-01-10T10:00:00+01:00"):
        again = due(tenant)

    assert (kept.status_code, left, again) == (200, [], [mari])
    assert [entry["details"]["decision"] for entry in entries["items"]] == ["keep"]


@pytest.mark.clause("no-05")
def test_what_is_not_kept_is_erased_or_restricted_at_once(app: Flask) -> None:
    tenant = under(app, "cantec-no")
    with at(ADDED):
        mari, kari = register(tenant), register(tenant, "kari@example.com")

    with at(LATER):
        decided = [decide(tenant, mari, "erase"), decide(tenant, kari, "restrict")]
        left = due(tenant)

    assert [answer.status_code for answer in decided] == [200, 200]
    assert tenant.client.get(f"/v1/contacts/{mari}").status_code == 404
    actions = tenant.client.get(f"/v1/audit?subject_id={kari}&action=contacts.restrict").json
    assert len(actions["items"]) == 1
    assert left == []


@pytest.mark.clause("no-05")
@pytest.mark.rule(36)
def test_many_are_kept_at_once_all_or_none(app: Flask, other_tenant: Tenant) -> None:
    tenant = under(app, "cantec-no")
    theirs = register(other_tenant)
    with at(ADDED):
        ids = [register(tenant, f"m{n}@example.com") for n in range(3)]

    with at(LATER):
        keep = {"reasons": "members"}
        path = "/v1/reviews/kept"
        refused = tenant.client.post(path, json={**keep, "contact_ids": [*ids, theirs]})
        still = len(due(tenant))
        done = tenant.client.post(path, json={**keep, "contact_ids": ids})
        left = due(tenant)

    assert (refused.status_code, refused.json["code"], still) == (404, "unknown_contact", 3)
    assert (done.json["kept"], left) == (3, [])


def test_a_policy_that_promises_no_review_has_none(tenant: Tenant) -> None:
    answer = tenant.client.get(DUE)

    assert (answer.status_code, answer.json["code"]) == (409, "no_review")


@pytest.mark.parametrize(
    "body", [{"decision": "keep"}, {"decision": "forget", "reasons": "-"}, {"reasons": "-"}]
)
def test_a_decision_without_its_reasons_is_refused(tenant: Tenant, body: dict[str, Any]) -> None:
    mari = register(tenant)

    answer = tenant.client.post(f"/v1/reviews/{mari}/decision", json=body)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")


@pytest.mark.rule(33)
def test_what_is_held_is_not_erased_by_a_review_and_nothing_is_decided(app: Flask) -> None:
    tenant = under(app, "cantec-no")
    with at(ADDED):
        mari = register(tenant)
        hold = place(tenant, {"id": mari}, DISPUTE).json
    with at(LATER):
        refused, still_due = decide(tenant, mari, "erase"), due(tenant)
        lift(tenant, hold)
        erased = decide(tenant, mari, "erase")

    assert (refused.status_code, refused.json["code"]) == (409, "held")
    assert (still_due, erased.status_code) == ([mari], 200)
    assert tenant.client.get(f"/v1/contacts/{mari}").status_code == 404
