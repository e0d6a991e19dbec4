"""What people and the controller had to do with each other, kept with what retention needs."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from crm_service.db import driver_connection, transaction
from crm_service.interactions import last
from tests.contacts.register import Admin, audited, register
from tests.factories import Answer, Tenant, load_policy, make_tenant
from tests.rights.asking import under

AT = "2026-11-03T09:15:00Z"


def add(tenant: Tenant, contact: dict[str, Any], kind: str = "call", **facts: Any) -> Answer:
    """Record an interaction of the contact."""
    said = {"kind": kind, "occurred_at": AT, **facts}
    return tenant.client.post(f"/v1/contacts/{contact['id']}/interactions", json=said)


def last_of(tenant: Tenant, contact: dict[str, Any]) -> datetime | None:
    """Return when the contact last had to do with the controller."""
    subject = uuid.UUID(contact["id"])
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        found = last.of_subjects(driver_connection(session), tenant.controller_id, [subject])
    return found.get(subject)


@pytest.mark.clause("no-04")
def test_a_call_keeps_number_and_time_in_a_category_of_their_own(tenant: Tenant) -> None:
    contact = register(tenant)

    answer = add(tenant, contact, direction="in", number="+372 5123 4567")

    assert answer.status_code == 201
    assert answer.json["number"] == "+37251234567"
    assert (answer.json["category"], answer.json["occurred_at"]) == ("call_log", AT)
    path = f"/v1/contacts/{contact['id']}/interactions"
    assert tenant.client.get(path).json["items"] == [answer.json]


@pytest.mark.clause("no-04")
def test_a_note_is_filed_to_a_case_that_is_open_until_it_is_closed(tenant: Tenant) -> None:
    contact = register(tenant)
    noted = add(tenant, contact, "note", note="wants a new offer", case="C-1").json

    cases = f"/v1/contacts/{contact['id']}/cases"
    [opened] = tenant.client.get(cases).json["items"]
    closed = tenant.client.post(f"{cases}/{opened['id']}/close").json
    again = tenant.client.post(f"{cases}/{opened['id']}/close").json

    assert (noted["case"], noted["category"], opened["closed_at"]) == ("C-1", "case_notes", None)
    assert noted["case_id"] == opened["id"] == closed["id"]
    assert closed["closed_at"] == again["closed_at"] is not None


@pytest.mark.clause("se-04", "si-04")
def test_a_recording_stays_elsewhere_and_has_its_own_purpose_and_category(app: Flask) -> None:
    document = load_policy()
    document["purposes"]["training"] = {
        "category": "service", "channels": [], "bases": {"legitimate_interests": {}},
    }  # fmt: skip
    tenant = make_tenant(app, policy=document)
    contact = register(tenant)
    record = {"system": "cameras", "id": "door-1/2026-11-03"}

    without = add(tenant, contact, "recording", purpose="training")
    kept = add(tenant, contact, "recording", purpose="training", record=record)
    named = add(tenant, contact, "chat", record=record, category="case_notes")

    assert (without.status_code, without.json["code"]) == (422, "record_missing")
    assert (kept.json["record"], kept.json["purpose"]) == (record, "training")
    assert (kept.json["category"], named.json["category"]) == ("recordings", "case_notes")


@pytest.mark.clause("ee-09")
def test_an_interaction_moves_the_last_one_forward_only(tenant: Tenant) -> None:
    contact = register(tenant)
    before = last_of(tenant, contact)

    add(tenant, contact, "order", occurred_at="2026-11-05T09:15:00Z")
    add(tenant, contact, "inquiry", occurred_at="2026-11-01T09:15:00Z")
    add(tenant, contact, "note", occurred_at="2026-11-09T09:15:00Z")

    assert before is None
    assert last_of(tenant, contact) == datetime(2026, 11, 5, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"kind": "seance"}, "invalid_request"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "invalid_request"),
        ({"purpose": "curiosity"}, "unknown_purpose"),
        ({"category": "inquiry"}, "unknown_category"),
        ({"category": "contact"}, "unknown_category"),
        ({"number": "12"}, "invalid_address"),
        ({"more": 1}, "invalid_request"),
    ],
)
def test_what_makes_no_sense_is_refused(tenant: Tenant, facts: dict[str, Any], code: str) -> None:
    answer = add(tenant, register(tenant), **facts)

    assert (answer.status_code, answer.json["code"]) == (422, code)


@pytest.mark.rule(33)
def test_a_refused_category_names_those_of_the_policy(app: Flask) -> None:
    tenant = under(app, "tenzor")
    contact = register(tenant)

    refused = add(tenant, contact, "inquiry", category="inquiry")
    of_the_policy = add(tenant, contact, "order", category="archive_records")

    allowed = "call_log, conversations, transactions, inquiries, case_notes, recordings"
    assert refused.json["errors"] == {"category": [f"must be one of: {allowed}, archive_records"]}
    assert of_the_policy.status_code == 201


def test_where_a_policy_says_nothing_of_retention_a_category_is_a_name(app: Flask) -> None:
    document = load_policy()
    del document["retention"]
    tenant = make_tenant(app, policy=document)

    answer = add(tenant, register(tenant), "chat", category="chat_records")

    assert (answer.status_code, answer.json["category"]) == (201, "chat_records")


@pytest.mark.rule(36)
def test_somebody_elses_case_and_contact_are_not_found(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    contact = register(tenant)
    add(tenant, contact, "note", note="-", case="C-1")
    cases = f"/v1/contacts/{contact['id']}/cases"
    [case] = tenant.client.get(cases).json["items"]

    assert other_tenant.client.post(f"{cases}/{case['id']}/close").status_code == 404
    assert other_tenant.client.get(cases).status_code == 404
    assert add(other_tenant, contact).status_code == 404


def test_pages_follow_each_other_and_each_is_audited(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant)
    added = [add(tenant, contact, note=str(n)).json["id"] for n in range(5)]
    path = f"/v1/contacts/{contact['id']}/interactions?limit=2"

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = tenant.client.get(path + cursor).json
        seen += [one["id"] for one in answer["items"]]
        cursor = f"&cursor={answer['next_cursor']}" if answer["next_cursor"] else None

    assert seen == added[::-1]
    assert len(audited(admin, tenant, "interactions.list")) == 3


@pytest.mark.rule(5, 34)
def test_erasure_takes_all_of_it(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant)
    add(tenant, contact, note="-", case="C-1")

    tenant.client.delete(f"/v1/contacts/{contact['id']}")

    for table in ("interactions", "cases", "last_interactions"):
        count = f"SELECT count(*) FROM {table} WHERE controller_id = %s"  # noqa: S608 - our names
        assert admin.execute(count, (tenant.controller_id,)).fetchone() == (0,)
