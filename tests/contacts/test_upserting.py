from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contacts.register import (
    CONSENT,
    MARI,
    Admin,
    audited,
    change,
    email_key,
    events,
    reasons,
    register,
    suppress,
)
from tests.factories import Answer, Tenant


def put(tenant: Tenant, **facts: Any) -> Answer:
    return tenant.client.put("/v1/contacts", json={**MARI, **facts})


def test_an_upsert_adds_a_contact_once(tenant: Tenant, admin: Admin) -> None:
    first, second = put(tenant), put(tenant, email="MARI@example.com", last_name="Tamm")

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json["id"] == first.json["id"]
    assert [event[0] for event in events(admin, tenant)] == [
        "contact.created.v1",
        "contact.updated.v1",
    ]


def test_what_an_upsert_does_not_give_stays_and_null_empties(tenant: Tenant) -> None:
    register(tenant, last_name="Tamm", city="Tallinn")

    contact = put(tenant, first_name="Maarja", city=None).json

    assert (contact["first_name"], contact["last_name"]) == ("Maarja", "Tamm")
    assert contact["city"] is None
    assert contact["source"] == MARI["source"]


def test_an_upsert_that_says_nothing_new_changes_nothing(tenant: Tenant, admin: Admin) -> None:
    register(tenant)

    answer = put(tenant, email="Mari@Example.com")

    assert (answer.json["version"], answer.json["email"]) == (1, "mari@example.com")
    assert len(events(admin, tenant)) == 1
    assert [entry["fields"] for entry in audited(admin, tenant, "contacts.update")] == [[]]


def test_simultaneous_upserts_make_one_contact(tenant: Tenant, admin: Admin) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: put(tenant, city=f"City {n}"), range(12)))

    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert [event[0] for event in events(admin, tenant)].count("contact.created.v1") == 1


@pytest.mark.rule(20)
def test_a_later_day_of_adding_never_replaces_an_earlier_one(tenant: Tenant) -> None:
    register(tenant, added_at="2024-05-01T00:00:00Z")

    later = put(tenant, added_at="2026-01-01T00:00:00Z").json
    unsaid = put(tenant).json

    assert later["added_at"] == unsaid["added_at"] == "2024-05-01T00:00:00Z"


@pytest.mark.rule(20)
def test_an_earlier_day_of_adding_moves_the_start_of_the_terms(
    tenant: Tenant, admin: Admin
) -> None:
    register(tenant, added_at="2024-05-01T00:00:00Z", permissions=[dict(CONSENT)])

    contact = put(tenant, added_at="2023-05-01T00:00:00Z").json

    anchors = admin.execute(
        "SELECT anchor_at FROM permissions WHERE controller_id = %s", (tenant.controller_id,)
    )
    assert [row[0].isoformat() for row in anchors] == ["2023-05-01T00:00:00+00:00"]
    assert contact["added_at"] == "2023-05-01T00:00:00Z"


@pytest.mark.rule(4)
@pytest.mark.parametrize("reason", ["unsubscribe", "complaint", "objection", "hard_bounce"])
def test_an_upsert_with_fresh_consent_lifts_no_suppression(tenant: Tenant, reason: str) -> None:
    register(tenant)
    key = email_key(tenant, "mari@example.com")
    suppress(tenant, key, reason)

    put(tenant, last_name="Tamm", permissions=[dict(CONSENT)])

    assert reasons(tenant, key) == [reason]


@pytest.mark.rule(6)
def test_an_upsert_by_a_former_address_finds_the_contact_and_keeps_its_present_one(
    tenant: Tenant,
) -> None:
    contact = register(tenant)
    change(tenant, contact, email="mari.tamm@example.com")

    answer = put(tenant, city="Tartu")

    assert (answer.status_code, answer.json["id"]) == (200, contact["id"])
    assert (answer.json["email"], answer.json["city"]) == ("mari.tamm@example.com", "Tartu")
