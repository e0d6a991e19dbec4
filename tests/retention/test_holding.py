"""What holds data back although their term is over, and that a dry run says so."""

from typing import Any

import pytest
from flask import Flask

from tests.contacts.register import Admin
from tests.factories import Tenant
from tests.retention.aging import Retention, add, contacts, interactions, register
from tests.rights.asking import ask, decide, identify, step, under

MARI = "mari@example.com"
LATER = "2060-01-01T08:00:00Z"

_HOLD = """
INSERT INTO holds (controller_id, subject_id, kind, reference, law, categories, reasons, set_by,
    set_at)
VALUES (%s, %s, %s, 'ref', 'Archives Act § 9', %s, 'reasons', 'operator:test', now())
"""
_CONTRACT = """
INSERT INTO contracts (controller_id, subject_id, reference, category, purpose, signed_on, ended_on,
    recorded_by, recorded_at, updated_at)
VALUES (%s, %s, 'C-1', 'contracts', 'service', '2019-01-01', %s, 'operator:test', now(), now())
"""


def old(tenant: Tenant) -> dict[str, Any]:
    """Return a contact of Cantec's that nothing keeps any more."""
    return register(tenant, added_at="2015-01-01T00:00:00Z")


def reasons(rows: list[dict[str, Any]]) -> dict[str, str | None]:
    return {row["rule"]: row["held"] for row in rows}


@pytest.mark.rule(33)
@pytest.mark.clause("si-13")
def test_an_open_request_keeps_everything_until_it_is_closed(
    tenant: Tenant, retention: Retention
) -> None:
    request = ask(tenant, "access", contact_id=old(tenant)["id"])
    identify(tenant, request)
    open_ = (reasons(retention.preview(tenant)), retention.run(tenant))
    decide(tenant, request, "granted")
    decided = reasons(retention.preview(tenant))

    step(tenant, request, "close")
    retention.run(tenant)

    assert open_[0] == decided == {"register": "open_request"}
    assert "1 held (open_request 1)" in open_[1]
    assert contacts(tenant) == set()


@pytest.mark.clause("si-13")
def test_an_open_request_keeps_the_number_of_a_call_too(app: Flask, retention: Retention) -> None:
    tenant = under(app, "cantec-no")
    contact = register(tenant)
    add(tenant, contact, "call", "2024-01-01T08:00:00Z", number="+47 22 12 34 56")
    ask(tenant, "access", contact_id=contact["id"])

    retention.run(tenant)

    assert [one["number"] for one in interactions(tenant, contact)] == ["+4722123456"]


@pytest.mark.clause("si-05")
def test_contracts_go_six_years_after_their_end_and_keep_the_person_until_then(
    app: Flask, admin: Admin, retention: Retention
) -> None:
    tenant = under(app, "tenzor")
    contact = register(tenant)
    facts = (tenant.controller_id, contact["id"])
    admin.execute(_CONTRACT, (*facts, "2020-11-21"))

    early = retention.preview(tenant, "2026-11-21T22:59:59Z")
    due = retention.preview(tenant, "2026-11-21T23:00:00Z")

    assert early == []
    assert reasons(due) == {"contracts": None}
    assert due[0]["since"] == "2020-11-21T23:00:00Z"


@pytest.mark.clause("si-05")
def test_a_dispute_holds_what_it_names_and_the_person(
    tenant: Tenant, admin: Admin, retention: Retention
) -> None:
    contact = old(tenant)
    add(tenant, contact, "order", "2015-02-01T08:00:00Z")
    add(tenant, contact, "inquiry", "2015-02-01T08:00:00Z")
    facts = (tenant.controller_id, contact["id"], "dispute", ["transactions"])
    admin.execute(_HOLD, facts)

    retention.run(tenant)

    assert [one["kind"] for one in interactions(tenant, contact)] == ["order"]
    held = {"transactions": "dispute", "relationship": "dispute"}
    assert reasons(retention.preview(tenant)) == held


@pytest.mark.clause("si-05")
@pytest.mark.parametrize("named", [["inquiry"], ["transactions", "renamed_since"]])
def test_a_hold_of_a_category_that_the_policy_does_not_know_holds_everything(
    tenant: Tenant, admin: Admin, retention: Retention, named: list[str]
) -> None:
    contact = old(tenant)
    add(tenant, contact, "order", "2015-02-01T08:00:00Z")
    add(tenant, contact, "inquiry", "2015-02-01T08:00:00Z")
    admin.execute(_HOLD, (tenant.controller_id, contact["id"], "dispute", named))

    retention.run(tenant)

    assert {one["kind"] for one in interactions(tenant, contact)} == {"order", "inquiry"}


def test_an_open_case_holds_the_person(tenant: Tenant, retention: Retention) -> None:
    contact = old(tenant)
    add(tenant, contact, "note", "2015-02-01T08:00:00Z", note="n", case="C-1")

    retention.run(tenant)

    assert contacts(tenant) == {MARI}
    assert reasons(retention.preview(tenant)) == {"notes": "open_case", "register": "open_case"}


def test_who_asked_for_restriction_is_stored_and_nothing_else(
    tenant: Tenant, retention: Retention
) -> None:
    request = ask(tenant, "restriction", contact_id=old(tenant)["id"])
    identify(tenant, request)
    decide(tenant, request, "granted")
    step(tenant, request, "close")

    retention.run(tenant)

    assert contacts(tenant) == {MARI}
    assert reasons(retention.preview(tenant)) == {"register": "restricted"}


@pytest.mark.clause("si-17")
def test_of_a_restricted_person_every_record_stays_whatever_its_term(
    tenant: Tenant, retention: Retention
) -> None:
    person = old(tenant)
    add(tenant, person, "inquiry", "2015-02-01T08:00:00Z")
    request = ask(tenant, "restriction", contact_id=person["id"])
    identify(tenant, request)
    decide(tenant, request, "granted")
    step(tenant, request, "close")

    rows = retention.preview(tenant)
    retention.run(tenant)

    assert reasons(rows) == {"inquiries": "restricted", "relationship": "restricted"}
    assert [one["kind"] for one in interactions(tenant, person)] == ["inquiry"]


def test_a_running_contract_keeps_the_person_and_an_ended_one_its_own_term(
    tenant: Tenant, admin: Admin, retention: Retention
) -> None:
    contact = old(tenant)
    admin.execute(_CONTRACT, (tenant.controller_id, contact["id"], None))
    running = reasons(retention.preview(tenant, LATER))

    admin.execute("UPDATE contracts SET ended_on = '2059-01-01' WHERE reference = 'C-1'")
    ended = reasons(retention.preview(tenant, LATER))
    over = reasons(retention.preview(tenant, "2066-01-03T00:00:00Z"))

    assert running == {"register": "running_contract,kept_by:contracts"}
    assert ended == {"register": "kept_by:contracts"}
    assert over == {"register": None, "contracts": None}


def test_what_a_law_keeps_permanently_keeps_the_person_as_well(
    app: Flask, retention: Retention
) -> None:
    tenant = under(app, "tenzor")
    contact = register(tenant)
    add(tenant, contact, "order", "2000-01-01T08:00:00Z", category="archive_records")

    retention.run(tenant, "2099-01-01T08:00:00Z")

    [kept] = interactions(tenant, contact)
    assert kept["category"] == "archive_records"
