"""The terms of the five published policies, kept as the years pass."""

import pytest
from flask import Flask

from crm_service.policies.loading import read_policy
from tests.contacts.register import email_key, reasons
from tests.engagement.happenings import happening, take_in
from tests.factories import Tenant, make_tenant
from tests.policies.test_published import POLICIES
from tests.retention.aging import (
    CONSENT,
    INTEREST,
    Retention,
    add,
    at,
    contacts,
    events,
    interactions,
    register,
)

TODAY = "2026-11-22T08:00:00Z"
MARI = "mari@example.com"


def under(app: Flask, name: str) -> Tenant:
    return make_tenant(app, policy=dict(read_policy(POLICIES / f"{name}.yaml")))


@pytest.mark.clause("ee-05")
def test_a_contact_of_cantec_goes_five_years_after_it_was_added(
    tenant: Tenant, retention: Retention
) -> None:
    register(tenant, added_at="2021-11-22T10:00:00+02:00", permissions=[dict(INTEREST)])

    retention.run(tenant, "2026-11-22T07:59:59Z")
    before = contacts(tenant)
    retention.run(tenant, TODAY)

    assert (before, contacts(tenant)) == ({MARI}, set())
    [told] = events(tenant, "contact.erased.v1")
    assert told["data"] == {"ground": "retention_ended"}
    assert len(events(tenant, "consent.expired.v1")) == 1


@pytest.mark.rule(30)
@pytest.mark.clause("ee-09")
@pytest.mark.parametrize(("user_agent", "kept"), [(None, {MARI}), ("GoogleImageProxy", set())])
def test_a_click_keeps_a_contact_seven_years_and_a_machines_does_not(
    tenant: Tenant, retention: Retention, user_agent: str | None, kept: set[str]
) -> None:
    register(tenant, added_at="2018-01-01T00:00:00Z")
    seen = user_agent or "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0"
    take_in(tenant, [happening("clicked", user_agent=seen, url="https://example.com/")])

    retention.run(tenant, "2033-11-02T08:59:59Z")
    before = contacts(tenant)
    retention.run(tenant, "2033-11-02T09:00:01Z")

    assert (before, contacts(tenant)) == (kept, set())


@pytest.mark.clause("ee-09")
def test_inquiries_and_transactions_stay_seven_years_after_the_last_interaction(
    tenant: Tenant, retention: Retention
) -> None:
    contact = register(tenant, added_at="2015-01-01T00:00:00Z")
    add(tenant, contact, "inquiry", "2015-02-01T10:00:00Z")
    add(tenant, contact, "order", "2020-05-05T10:00:00Z")

    retention.run(tenant, "2027-05-05T09:59:59Z")
    kept = [one["kind"] for one in interactions(tenant, contact)]
    retention.run(tenant, "2027-05-05T10:00:00Z")

    assert sorted(kept) == ["inquiry", "order"]
    assert contacts(tenant) == set()


@pytest.mark.clause("no-04")
def test_a_call_loses_number_and_time_after_a_year_and_its_note_stays_with_the_open_case(
    app: Flask, retention: Retention
) -> None:
    tenant = under(app, "cantec-no")
    contact = register(tenant)
    call = {"number": "+47 22 12 34 56", "note": "wants a new offer", "case": "C-1"}
    add(tenant, contact, "call", "2025-11-22T08:00:00Z", **call)
    add(tenant, contact, "call", "2025-11-22T07:00:00Z", number="+47 22 12 34 56")

    retention.run(tenant, "2026-11-22T07:59:59Z")
    [one] = interactions(tenant, contact)
    retention.run(tenant, TODAY)
    [left] = interactions(tenant, contact)

    assert (one["number"], one["occurred_at"]) == ("+4722123456", "2025-11-22T08:00:00Z")
    assert (left["number"], left["occurred_at"], left["note"]) == (None, None, call["note"])


@pytest.mark.clause("no-04")
def test_what_was_filed_goes_once_its_case_is_closed_and_the_case_with_it(
    app: Flask, retention: Retention
) -> None:
    tenant = under(app, "cantec-no")
    contact = register(tenant)
    filed = add(tenant, contact, "note", "2025-01-01T08:00:00Z", note="angry", case="C-1")
    retention.run(tenant, TODAY)
    kept = interactions(tenant, contact)

    cases = f"/v1/contacts/{contact['id']}/cases"
    tenant.client.post(f"{cases}/{filed['case_id']}/close")
    retention.run(tenant, TODAY)

    assert [one["note"] for one in kept] == ["angry"]
    assert interactions(tenant, contact) == tenant.client.get(cases).json["items"] == []
    assert contacts(tenant) == {MARI}


@pytest.mark.clause("se-06", "se-04")
def test_cadcraft_discards_calls_at_once_recordings_later_and_orders_by_statute(
    app: Flask, retention: Retention
) -> None:
    tenant = under(app, "cadcraft")
    contact = register(tenant)
    add(tenant, contact, "call", "2026-11-20T08:00:00Z", number="+46 8 123 456 78")
    add(tenant, contact, "order", "2019-01-10T08:00:00Z")
    recording = {"purpose": "training", "record": {"system": "phones", "id": "r-1"}}
    add(tenant, contact, "recording", "2026-08-24T06:00:00Z", **recording)

    kinds = []
    for moment in ("2026-11-21T08:00:00Z", TODAY, "2027-01-10T08:00:00Z"):
        retention.run(tenant, moment)
        kinds.append(sorted(one["kind"] for one in interactions(tenant, contact)))

    assert kinds == [["order", "recording"], ["order"], []]


@pytest.mark.clause("ws-05")
def test_without_a_time_limit_nobody_goes_unless_it_is_asked_for(
    app: Flask, retention: Retention
) -> None:
    tenant = under(app, "websystems")
    contact = register(tenant, added_at="1999-01-01T00:00:00Z")

    said = retention.run(tenant, "2099-01-01T00:00:00Z")

    assert contacts(tenant) == {MARI}
    assert "nothing is due" in said
    assert tenant.client.delete(f"/v1/contacts/{contact['id']}").status_code == 204


@pytest.mark.clause("si-04")
def test_the_keeper_of_a_camera_recording_is_told_after_ninety_days(
    app: Flask, retention: Retention
) -> None:
    tenant = under(app, "tenzor")
    contact = register(tenant)
    record = {"purpose": "security", "record": {"system": "cameras", "id": "door-1/17"}}
    add(tenant, contact, "recording", "2026-08-24T08:00:00+02:00", **record)

    retention.run(tenant, "2026-11-22T06:59:59Z")
    before = events(tenant, "record.expired.v1")
    for _ in range(2):
        retention.run(tenant, "2026-11-22T07:00:00Z")

    [told] = events(tenant, "record.expired.v1")
    assert (before, told["subject"]) == ([], contact["id"])
    assert (told["data"]["record_system"], told["data"]["record_id"]) == ("cameras", "door-1/17")
    assert interactions(tenant, contact) == []


@pytest.mark.rule(5)
@pytest.mark.clause("si-10")
def test_who_withdrew_the_last_permission_is_gone_within_fifteen_days_and_stays_blocked(
    app: Flask, retention: Retention
) -> None:
    tenant = under(app, "tenzor")
    with at("2026-11-01T08:00:00Z"):
        contact = register(tenant, permissions=[dict(CONSENT)])
    with at("2026-11-07T08:00:00Z"):
        withdrawn = {**CONSENT, "state": "withdrawn"}
        tenant.client.post(f"/v1/contacts/{contact['id']}/permissions", json=withdrawn)

    retention.run(tenant, "2026-11-20T08:00:00Z")
    before = contacts(tenant)
    retention.run(tenant, "2026-11-21T08:00:00Z")

    assert (before, contacts(tenant)) == ({MARI}, set())
    assert reasons(tenant, email_key(tenant, MARI)) == ["unsubscribe"]


@pytest.mark.clause("si-02", "si-10")
def test_a_permission_that_stands_keeps_the_contact_without_a_term(
    app: Flask, retention: Retention
) -> None:
    tenant = under(app, "tenzor")
    contact = register(tenant, permissions=[dict(CONSENT), dict(INTEREST)])
    register(tenant, email="jaan@example.com")
    objected = {**INTEREST, "purpose": "marketing", "state": "withdrawn", "basis": "consent"}
    other = {"purpose": "service", "channel": "email", "basis": "contract", "state": "granted"}
    path = f"/v1/contacts/{contact['id']}/permissions"
    tenant.client.post(path, json={**other, "evidence": {"contract": "2026/1"}})
    tenant.client.post(path, json=objected)

    retention.run(tenant, "2066-01-01T00:00:00Z")

    assert contacts(tenant) == {MARI, "jaan@example.com"}
