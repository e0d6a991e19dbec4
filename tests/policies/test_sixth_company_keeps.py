"""What the sixth company keeps, holds, reviews, hands out and charges: by its own numbers alone."""

from typing import Any

import pytest
from flask import Flask

from tests.factories import Tenant, make_tenant
from tests.holds.holding import DISPUTE, of, place, resolve
from tests.policies.documents import other
from tests.retention.aging import Retention, add, contacts, interactions
from tests.retention.conftest import retention
from tests.rights.asking import ask, at, decide, identify, step
from tests.rights.opening import fetch

__all__ = ["retention"]

EMAIL = "mari@example.com"
ADDED = "2026-11-23T09:00:00+01:00"


@pytest.fixture
def havn(app: Flask) -> Tenant:
    """The sixth company."""
    return make_tenant(app, policy=other("sixth"))


def join(tenant: Tenant, **facts: Any) -> dict[str, Any]:
    """Enter a person into the register; return the contact."""
    answer = tenant.client.post(
        "/v1/contacts", json={"email": EMAIL, "source": {"kind": "api"}, **facts}
    )
    assert answer.status_code == 201, answer.json
    contact: dict[str, Any] = answer.json
    return contact


def asked(tenant: Tenant, kind: str = "access") -> dict[str, Any]:
    request = ask(tenant, kind, email=EMAIL)
    identify(tenant, request)
    return request


def test_its_calls_lose_the_number_after_ten_days_and_moorings_go_after_45(
    havn: Tenant, retention: Retention
) -> None:
    with at(ADDED):
        contact = join(havn)
        add(havn, contact, "call", ADDED, number="+4512345678", note="A berth?")
        add(havn, contact, "note", ADDED, category="mooring_log", note="Berth 7")

    retention.run(havn, "2026-12-03T08:00:00+01:00")
    early = [one["number"] for one in interactions(havn, contact) if one["kind"] == "call"]
    retention.run(havn, "2026-12-04T10:00:00+01:00")
    late = {one["kind"]: one["number"] for one in interactions(havn, contact)}
    retention.run(havn, "2027-01-08T10:00:00+01:00")

    assert (early, late) == (["+4512345678"], {"call": None, "note": None})
    assert [one["kind"] for one in interactions(havn, contact)] == ["call"]


def test_its_members_go_eleven_months_after_they_were_last_there(
    havn: Tenant, retention: Retention
) -> None:
    with at(ADDED):
        contact = join(havn)
        add(havn, contact, "meeting", ADDED)

    retention.run(havn, "2027-10-22T10:00:00+02:00")
    before = contacts(havn)
    retention.run(havn, "2027-10-25T10:00:00+02:00")

    assert (before, contacts(havn)) == ({EMAIL}, set())


@pytest.mark.parametrize(
    ("outcome", "until"), [("judgment", "2029-12-01"), ("amicable_settlement", "2027-08-01")]
)
def test_its_disputes_hold_three_years_or_eight_months(
    havn: Tenant, outcome: str, until: str
) -> None:
    with at("2026-12-02T09:00:00+01:00"):
        contact = join(havn)
        resolve(havn, place(havn, contact, DISPUTE).json, outcome, "2026-12-01")

        [hold] = of(havn, contact)

    assert hold["held_until"] == until


def test_an_outcome_without_a_term_of_its_own_is_not_known(havn: Tenant) -> None:
    placed = place(havn, join(havn), DISPUTE).json

    answer = resolve(havn, placed, "arbitration", "2026-11-01")

    assert answer.status_code in {409, 422}
    assert "holds.dispute.arbitration" in answer.json["detail"]


def test_its_own_law_holds_and_goes_by_its_danish_name(havn: Tenant) -> None:
    contact = join(havn)

    placed = place(
        havn, contact, {"kind": "statutory", "law": "harbor_act", "reasons": "Berth contracts."}
    )
    refused = havn.client.delete(f"/v1/contacts/{contact['id']}")

    assert (placed.json["law"], placed.json["hand_over_to"]) == ("havneloven", "Havnearkivet")
    assert (refused.status_code, refused.json["code"]) == (409, "held")


def test_its_data_come_from_people_and_partners_alone(havn: Tenant) -> None:
    contact = join(havn)

    refused = havn.client.post(
        "/v1/contacts", json={"email": "jaan@example.com", "source": {"kind": "public_register"}}
    )

    assert (refused.status_code, refused.json["code"]) == (422, "source_not_allowed")
    # Unnamed data count as a partner's, and what is not the person's own is to be told of.
    [duty] = havn.client.get("/v1/information-duties").json["items"]
    assert duty["contact_id"] == contact["id"]


def test_what_nobody_used_is_reviewed_every_four_months(havn: Tenant) -> None:
    def due() -> list[str]:
        return [one["contact_id"] for one in havn.client.get("/v1/reviews/due").json["items"]]

    with at(ADDED):
        contact = join(havn)
    with at("2027-03-23T08:59:00+01:00"):
        before = due()
    with at("2027-03-23T09:01:00+01:00"):
        after = due()

    assert (before, after) == ([], [contact["id"]])


def test_its_packages_leave_in_the_clear_by_links_of_three_days(havn: Tenant) -> None:
    with at(ADDED):
        join(havn)
        request = asked(havn)
        assert decide(havn, request, "granted").status_code == 200
        package = fetch(havn, request)
        link = step(havn, request, "package-link", encrypted=False)

    assert (package.status_code, package.mimetype) == (200, "application/zip")
    assert link.json["expires_at"].startswith("2026-11-26T")


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [("250.01", "DKK", "fee_too_high"), ("10", "EUR", "fee_currency"), ("250", "DKK", None)],
)
def test_its_fees_are_250_kroner_at_most_and_stop_no_clock(
    havn: Tenant, amount: str, currency: str, code: str | None
) -> None:
    join(havn)
    request = asked(havn)

    answer = step(havn, request, "fee", amount=amount, currency=currency, reasons="Ninth copy.")

    assert answer.json.get("code") == code
    assert answer.status_code == (422 if code else 200)
    assert answer.json.get("clock_stopped_at") is None
