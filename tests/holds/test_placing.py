"""Placing holds and lifting them: with reasons, on record, for this controller alone."""

import uuid
from typing import Any

import pytest
from flask import Flask

from tests.contacts.register import Admin, audited, register
from tests.factories import Tenant
from tests.holds.holding import DISPUTE, STATUTORY, lift, of, place
from tests.rights.asking import at, under


@pytest.mark.clause("no-12")
def test_a_statutory_hold_names_its_law_as_the_policy_does_and_who_is_handed_it(
    app: Flask,
) -> None:
    tenant = under(app, "cantec-no")
    contact = register(tenant)

    hold = place(tenant, contact, STATUTORY, hand_over_to="Arkivverket", categories=["case_notes"])

    assert hold.status_code == 201
    assert (hold.json["law"], hold.json["hand_over_to"]) == ("arkivlova", "Arkivverket")
    assert (hold.json["categories"], hold.json["stands"]) == (["case_notes"], True)
    assert of(tenant, contact) == [hold.json]


def test_a_law_that_the_policy_does_not_list_is_named_in_full(tenant: Tenant) -> None:
    contact = register(tenant)

    hold = place(tenant, contact, STATUTORY, law="Accounting Act, section 12").json

    assert (hold["law"], hold["hand_over_to"]) == ("Accounting Act, section 12", None)


def test_a_statutory_hold_may_have_a_last_day(tenant: Tenant) -> None:
    contact = register(tenant)

    with at("2026-11-20T12:00:00Z"):
        late = place(tenant, contact, STATUTORY, held_until="2026-11-19")
        place(tenant, contact, STATUTORY, held_until="2026-11-20")
        today = of(tenant, contact)
    with at("2026-11-21T12:00:00Z"):
        tomorrow = of(tenant, contact)

    assert (late.status_code, late.json["code"]) == (422, "over_already")
    assert [one["stands"] for one in today + tomorrow] == [True, False]


@pytest.mark.parametrize(
    ("hold", "facts", "field"),
    [
        (STATUTORY, {"law": None}, "law"),
        (STATUTORY, {"law": " "}, "law"),
        (DISPUTE, {"reference": None}, "reference"),
        (DISPUTE, {"law": "Archives Act"}, "law"),
        (DISPUTE, {"held_until": "2999-01-01"}, "held_until"),
        (DISPUTE, {"reasons": None}, "reasons"),
        (DISPUTE, {"reasons": ""}, "reasons"),
        (DISPUTE, {"kind": "whim"}, "kind"),
        (DISPUTE, {"categories": []}, "categories"),
        (DISPUTE, {"categories": ["Contracts!"]}, "categories.0"),
        (DISPUTE, {"more": 1}, "more"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(
    tenant: Tenant, hold: dict[str, Any], facts: dict[str, Any], field: str
) -> None:
    contact = register(tenant)
    said = {name: value for name, value in {**hold, **facts}.items() if value is not None}

    answer = place(tenant, contact, said)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert field in answer.json["errors"]
    assert of(tenant, contact) == []


@pytest.mark.clause("si-05", "no-12")
@pytest.mark.parametrize("category", ["inquiry", "contacts", "attributes.shoes"])
def test_a_category_that_retention_does_not_know_is_refused_by_name(
    tenant: Tenant, category: str
) -> None:
    contact = register(tenant)

    answer = place(tenant, contact, DISPUTE, categories=["contracts", category])

    assert (answer.status_code, answer.json["code"]) == (422, "unknown_category")
    [said] = answer.json["errors"]["categories.1"]
    assert {"contact,", "inquiries,", "attributes.relationship,"} < set(said.split())
    assert of(tenant, contact) == []


def test_declared_attributes_and_categories_of_the_policy_are_held_too(app: Flask) -> None:
    tenant = under(app, "tenzor")

    hold = place(
        tenant, register(tenant), DISPUTE, categories=["archive_records", "attributes.relationship"]
    )

    assert hold.status_code == 201


def test_nobody_who_is_not_a_contact_is_held(tenant: Tenant) -> None:
    answer = place(tenant, {"id": str(uuid.uuid4())}, DISPUTE)

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_a_hold_is_lifted_once_and_for_reasons(tenant: Tenant) -> None:
    contact = register(tenant)
    hold = place(tenant, contact, DISPUTE).json

    without = [lift(tenant, hold, **said) for said in ({"reasons": " "}, {"why": "so"})]
    lifted, again = lift(tenant, hold), lift(tenant, hold)

    assert [one.status_code for one in without] == [422, 422]
    assert (lifted.json["stands"], lifted.json["lift_reasons"]) == (
        False, "the claim was withdrawn by letter",
    )  # fmt: skip
    assert (again.status_code, again.json["code"]) == (409, "lifted_already")


@pytest.mark.rule(36)
def test_somebody_elses_hold_and_contact_are_not_found(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    contact = register(tenant)
    hold = place(tenant, contact, DISPUTE).json

    assert place(other_tenant, contact, DISPUTE).status_code == 404
    assert lift(other_tenant, hold).status_code == 404
    assert other_tenant.client.get(f"/v1/contacts/{contact['id']}/holds").status_code == 404
    assert other_tenant.client.get("/v1/holds").json["items"] == []
    assert of(tenant, contact) == [hold]


@pytest.mark.rule(37)
def test_reading_holds_is_not_lifting_them(tenant: Tenant) -> None:
    hold = place(tenant, register(tenant), DISPUTE).json

    answer = tenant.client_with("holds:read").post(
        f"/v1/holds/{hold['id']}/lift", json={"reasons": "none"}
    )

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")


def test_all_holds_are_listed_in_pages_and_by_whether_they_stand(tenant: Tenant) -> None:
    contacts = [register(tenant, email=f"person{n}@example.com") for n in range(3)]
    made = [place(tenant, contact, DISPUTE).json for contact in contacts]
    lift(tenant, made[1])

    standing = tenant.client.get("/v1/holds?standing=true&limit=1").json
    rest = tenant.client.get(
        f"/v1/holds?standing=true&limit=1&cursor={standing['next_cursor']}"
    ).json
    over = tenant.client.get("/v1/holds?standing=false&kind=dispute").json["items"]
    statutory = tenant.client.get("/v1/holds?kind=statutory").json["items"]

    assert standing["items"] + rest["items"] == [made[0], made[2]]
    assert ([one["id"] for one in over], statutory) == ([made[1]["id"]], [])


@pytest.mark.rule(38, 39)
def test_every_access_is_audited_without_its_reasons(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant)

    lift(tenant, place(tenant, contact, DISPUTE).json)
    of(tenant, contact)

    actions = ("holds.place", "holds.lift", "holds.list")
    entries = [one for action in actions for one in audited(admin, tenant, action)]
    assert [one["subject_id"] for one in entries] == [contact["id"]] * 3
    assert "invoice" not in str(entries)
    assert "letter" not in str(entries)


@pytest.mark.rule(33)
def test_the_timeline_and_the_package_tell_of_a_hold(tenant: Tenant) -> None:
    contact = register(tenant)
    lift(tenant, place(tenant, contact, DISPUTE).json)

    told = tenant.client.get(f"/v1/contacts/{contact['id']}/history?kind=hold").json["items"]

    assert [one["what"] for one in told] == ["lifted", "set"]
    assert told[1]["details"] == {"kind": "dispute", "reference": "P 1042/2026"}
