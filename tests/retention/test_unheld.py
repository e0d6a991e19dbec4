"""Of whom a hold keeps something, the rest is erased when they asked for it (GDPR Art. 17(3))."""

from typing import Any

import pytest

from tests.contacts.register import CONSENT, Admin, audited, register
from tests.engagement.happenings import happening, stored, take_in
from tests.factories import Tenant
from tests.holds.holding import DISPUTE, lift, place
from tests.retention.aging import Retention, add, contacts, interactions
from tests.rights.asking import ask, decide, identify, step

OF_ORDERS = {**DISPUTE, "categories": ["transactions"]}
RULE = "right:erasure"
Person = dict[str, Any]


def known(tenant: Tenant) -> Person:
    """Register a person with an order, an inquiry, an ended contract, an event, an attribute."""
    person = register(tenant, permissions=[dict(CONSENT)], attributes={"segment": "gold"})
    add(tenant, person, "order", "2026-01-01T08:00:00Z")
    add(tenant, person, "inquiry", "2026-01-02T08:00:00Z")
    sign(tenant, person, "A", ended_on="2026-01-01")
    take_in(tenant, [happening("delivered", campaign="spring")])
    return person


def sign(tenant: Tenant, person: Person, reference: str, **facts: Any) -> None:
    said = {"reference": reference, "signed_on": "2025-01-01", **facts}
    path = f"/v1/contacts/{person['id']}/contracts"
    assert tenant.client.post(path, json=said).status_code == 201


def grant(tenant: Tenant, person: Person, kind: str = "erasure", *, close: bool = True) -> None:
    """Grant a request in part, or in full where nothing is held against it."""
    request = ask(tenant, kind, contact_id=person["id"])
    identify(tenant, request)
    outcome = "partly_granted" if kind == "erasure" else "granted"
    assert decide(tenant, request, outcome, reasons="a court case").status_code == 200
    if close:
        step(tenant, request, "close")


def left(tenant: Tenant, admin: Admin, person: Person) -> list[str]:
    """Return what is kept of the person beside the entry."""
    path = f"/v1/contacts/{person['id']}"
    contact = tenant.client.get(path).json
    signed = [one["reference"] for one in tenant.client.get(f"{path}/contracts").json["items"]]
    kinds = [one["kind"] for one in interactions(tenant, person)]
    events = [one["type"] for one in stored(admin, tenant)]
    return sorted([*signed, *kinds, *contact["attributes"], *events])


EVERYTHING = ["A", "delivered", "inquiry", "order", "segment"]


@pytest.mark.rule(5, 33)
@pytest.mark.clause("si-05", "si-12")
def test_what_no_hold_names_goes_at_once_and_the_rest_when_none_stands(
    tenant: Tenant, admin: Admin, retention: Retention
) -> None:
    person = known(tenant)
    hold = place(tenant, person, OF_ORDERS).json
    grant(tenant, person)
    before = left(tenant, admin, person)
    campaign = tenant.client.get("/v1/campaigns/spring/stats").json

    said = retention.run(tenant)

    assert (before, left(tenant, admin, person)) == (EVERYTHING, ["order"])
    assert f"interactions, rule {RULE}: 1 done: erase" in said
    assert tenant.client.get("/v1/campaigns/spring/stats").json == campaign
    entries = audited(admin, tenant, "retention.erase")
    done = {row for one in entries for row in one["details"]["rows"]}
    tables = ("contacts", "contracts", "engagement_events", "interactions")
    assert done == {f"{table}:{RULE}" for table in tables}
    assert "right:erasure: 0 done" in retention.run(tenant)
    lift(tenant, hold)
    retention.run(tenant)
    assert contacts(tenant) == set()


@pytest.mark.clause("si-05")
def test_a_hold_whose_category_the_policy_no_longer_knows_keeps_everything(
    tenant: Tenant, admin: Admin, retention: Retention
) -> None:
    person = known(tenant)
    hold = place(tenant, person, OF_ORDERS).json
    admin.execute("UPDATE holds SET categories = '{archive}' WHERE id = %s", (hold["id"],))
    grant(tenant, person)

    retention.run(tenant)

    assert left(tenant, admin, person) == EVERYTHING


@pytest.mark.rule(33)
def test_a_dry_run_names_each_row_that_goes_once(
    tenant: Tenant, admin: Admin, retention: Retention
) -> None:
    person = known(tenant)
    place(tenant, person, OF_ORDERS)
    grant(tenant, person)

    rows = retention.preview(tenant, "2059-01-01T08:00:00Z")

    due = sorted(row["table"] for row in rows if row["held"] is None)
    assert due == ["contacts", "contracts", "engagement_events", "interactions"]
    assert {row["rule"] for row in rows if row["held"] is None} == {RULE}
    ids = [(row["table"], row["id"], row["category"], row["rule"]) for row in rows]
    assert len(ids) == len(set(ids))
    assert left(tenant, admin, person) == EVERYTHING


@pytest.mark.clause("si-05", "si-13", "si-17")
@pytest.mark.parametrize("why", ["everything", "open_request", "restricted"])
def test_all_of_it_stays_where_something_needs_all_of_it(
    tenant: Tenant, admin: Admin, retention: Retention, why: str
) -> None:
    person = known(tenant)
    place(tenant, person, OF_ORDERS)
    if why == "everything":
        place(tenant, person, DISPUTE)
    if why == "restricted":
        grant(tenant, person, "restriction")
    grant(tenant, person, close=why != "open_request")

    retention.run(tenant)

    assert left(tenant, admin, person) == EVERYTHING


def test_what_is_still_going_on_stays_with_what_is_held(
    tenant: Tenant, admin: Admin, retention: Retention
) -> None:
    person = known(tenant)
    add(tenant, person, "note", "2026-01-03T08:00:00Z", note="n", case="C-1")
    sign(tenant, person, "B")
    place(tenant, person, OF_ORDERS)
    place(tenant, person, {**DISPUTE, "categories": ["engagement"]})
    grant(tenant, person)

    retention.run(tenant)

    assert left(tenant, admin, person) == ["B", "delivered", "note", "order"]


def test_without_a_decision_a_hold_of_orders_changes_nothing(
    tenant: Tenant, admin: Admin, retention: Retention
) -> None:
    person, other = known(tenant), register(tenant, email="jaan@example.com")
    place(tenant, person, OF_ORDERS)
    place(tenant, other, OF_ORDERS)
    grant(tenant, other)

    retention.run(tenant)

    assert left(tenant, admin, person) == EVERYTHING
