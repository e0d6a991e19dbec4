"""An erasure that holds left unfinished is finished by retention once they are over."""

from datetime import datetime
from threading import Event
from typing import Any

import psycopg
import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.retention import duty
from tests.contacts.register import CONSENT, email_key, reasons, register
from tests.factories import Tenant, make_tenant
from tests.holds.holding import DISPUTE, STATUTORY, lift, place, resolve
from tests.retention.aging import Retention, add, at, events
from tests.rights.asking import ask, decide, identify, read, step, under

WHY = "A court case about your order is going on."
#: The dispute's last day in Ljubljana, and the first moment after it.
LAST, OVER = "2036-03-02T22:59:59Z", "2036-03-02T23:00:00Z"


def kept(tenant: Tenant, hold: dict[str, Any], **facts: Any) -> tuple[dict[str, Any], ...]:
    """Return a contact, its hold, and its request for erasure that was granted in part."""
    contact = register(tenant, permissions=[dict(CONSENT)])
    placed = place(tenant, contact, hold).json
    request = granted(tenant, contact, "erasure", "partly_granted", **facts)
    return contact, placed, request


def granted(
    tenant: Tenant, contact: dict[str, Any], kind: str, outcome: str, **facts: Any
) -> dict[str, Any]:
    request = ask(tenant, kind, contact_id=contact["id"])
    identify(tenant, request)
    answer = decide(tenant, request, outcome, reasons=WHY, **facts)
    assert answer.status_code == 200, answer.json
    step(tenant, request, "close")
    return request


def exists(tenant: Tenant, contact: dict[str, Any]) -> bool:
    return tenant.client.get(f"/v1/contacts/{contact['id']}").status_code == 200


def explained(retention: Retention, tenant: Tenant, moment: str | None = None) -> list[Any]:
    """Return when the erasure is due by a dry run, and what holds it."""
    rows = retention.preview(tenant, moment)
    return [(one["ended_at"], one["held"]) for one in rows if one["rule"] == "right:erasure"]


@pytest.mark.rule(5, 33)
@pytest.mark.clause("si-05")
def test_ten_years_after_the_judgment_the_rest_is_erased(app: Flask, retention: Retention) -> None:
    tenant = under(app, "tenzor")
    contact, hold, _ = kept(tenant, DISPUTE)
    resolve(tenant, hold, "judgment", "2026-03-02")

    before = explained(retention, tenant, LAST)
    retention.run(tenant, LAST)
    stood = exists(tenant, contact)
    after = explained(retention, tenant, OVER)
    said = retention.run(tenant, OVER)

    over = "2036-03-02T23:00:00Z"
    assert (before, stood, after) == ([(over, "dispute")], True, [(over, None)])
    assert "rule right:erasure: 1 done: erase" in said
    assert not exists(tenant, contact)


@pytest.mark.rule(5, 33)
@pytest.mark.clause("no-12", "ee-16")
def test_when_the_law_is_done_with_it_everything_goes_but_the_block(
    app: Flask, retention: Retention
) -> None:
    tenant = under(app, "cantec-no")
    contact, hold, request = kept(tenant, STATUTORY, ground="unlawful")
    retention.run(tenant)
    stood = exists(tenant, contact)

    lift(tenant, hold)
    retention.run(tenant)

    assert (stood, exists(tenant, contact)) == (True, False)
    assert reasons(tenant, email_key(tenant, contact["email"])) == ["erasure"]
    [told] = events(tenant, "contact.erased.v1")
    assert told["data"] == {"ground": "unlawful", "request_id": request["id"]}


@pytest.mark.rule(33)
def test_the_request_says_that_it_is_finished_and_is_certified_anew(
    tenant: Tenant, retention: Retention
) -> None:
    _, hold, request = kept(tenant, DISPUTE)
    path = f"/v1/rights-requests/{request['id']}/certificate"
    first = tenant.client.get(path).json["certificate"]
    lift(tenant, hold)

    retention.run(tenant)

    again = tenant.client.get(path).json
    executed = read(tenant, request)["executed"]
    assert ("finished_at" in executed, executed["kept"]) == (True, {"suppressions": 1})
    assert (first["erased"], [one["id"] for one in first["holds"]]) == ([], [hold["id"]])
    assert {"category": "contact", "rows": 1} in again["certificate"]["erased"]
    assert (again["certificate"]["holds"], again["proof"]["holds"]) == ([], True)


@pytest.mark.rule(33)
def test_a_dry_run_names_whom_it_finishes_once_though_their_term_is_over_as_well(
    tenant: Tenant, retention: Retention
) -> None:
    contact = register(tenant)
    add(tenant, contact, "inquiry", "2010-01-01T08:00:00Z")
    hold = place(tenant, contact, DISPUTE).json
    granted(tenant, contact, "erasure", "partly_granted")
    lift(tenant, hold)

    rows = retention.preview(tenant, "2066-01-01T08:00:00Z")
    said = retention.run(tenant, "2066-01-01T08:00:00Z")

    assert [(row["table"], row["rule"]) for row in rows] == [("contacts", "right:erasure")]
    assert "rule right:erasure: 1 done: erase" in said
    assert said.count("done:") == 1


@pytest.mark.clause("si-17")
@pytest.mark.parametrize("is_first", [True, False])
def test_who_asked_for_restriction_as_well_is_kept(
    tenant: Tenant, retention: Retention, *, is_first: bool
) -> None:
    contact = register(tenant)
    hold = place(tenant, contact, DISPUTE).json
    kinds = [("restriction", "granted"), ("erasure", "partly_granted")]
    for kind, outcome in kinds if is_first else kinds[::-1]:
        granted(tenant, contact, kind, outcome)
    lift(tenant, hold)

    retention.run(tenant)

    assert exists(tenant, contact)
    assert [held for _, held in explained(retention, tenant)] == ["restricted"]


@pytest.mark.clause("si-13")
def test_what_is_still_going_on_keeps_the_person(tenant: Tenant, retention: Retention) -> None:
    contact = register(tenant)
    hold = place(tenant, contact, DISPUTE).json
    add(tenant, contact, "note", "2026-01-01T08:00:00Z", note="n", case="C-1")
    signed = {"reference": "A", "signed_on": "2026-01-01"}
    tenant.client.post(f"/v1/contacts/{contact['id']}/contracts", json=signed)
    granted(tenant, contact, "erasure", "partly_granted")
    ask(tenant, "access", contact_id=contact["id"])
    lift(tenant, hold)

    retention.run(tenant)

    [(_, held)] = explained(retention, tenant)
    assert (held, exists(tenant, contact)) == ("open_case,open_request,running_contract", True)


def test_another_hold_keeps_the_person_until_it_is_gone_too(
    tenant: Tenant, retention: Retention
) -> None:
    contact, first, _ = kept(tenant, DISPUTE)
    second = place(tenant, contact, STATUTORY).json
    lift(tenant, first)
    retention.run(tenant)
    stood = exists(tenant, contact)

    lift(tenant, second)
    retention.run(tenant)

    assert (stood, exists(tenant, contact)) == (True, False)


def test_whose_restriction_is_lifted_waits_for_no_erasure_any_more(
    tenant: Tenant, retention: Retention
) -> None:
    with at("2026-11-20T08:00:00Z"):
        contact, hold, _ = kept(tenant, DISPUTE)
    with at("2026-11-21T08:00:00Z"):
        said = {"justification": "stays a customer", "informed_at": "2026-11-21T07:00:00Z"}
        lifted = tenant.client.post(f"/v1/contacts/{contact['id']}/restriction/lift", json=said)
        lift(tenant, hold)

    retention.run(tenant, "2026-11-22T08:00:00Z")

    assert lifted.status_code == 200, lifted.json
    assert (exists(tenant, contact), explained(retention, tenant)) == (True, [])


def test_an_address_that_came_back_waits_for_no_erasure_of_before(
    tenant: Tenant, retention: Retention
) -> None:
    contact, hold, _ = kept(tenant, DISPUTE)
    lift(tenant, hold)
    assert tenant.client.delete(f"/v1/contacts/{contact['id']}").status_code == 204
    back = register(tenant)
    granted(tenant, back, "restriction", "granted")

    rows = explained(retention, tenant)

    assert (back["id"], rows) == (contact["id"], [])


@pytest.mark.rule(36)
def test_another_controllers_run_finishes_nothing_here(
    tenant: Tenant, other_tenant: Tenant, retention: Retention
) -> None:
    contact, hold, _ = kept(tenant, DISPUTE)
    lift(tenant, hold)

    retention.run(other_tenant)

    assert exists(tenant, contact)


@pytest.mark.clause("si-10")
def test_the_worker_finishes_it_in_the_night(alone: Flask) -> None:
    settings: Settings = alone.extensions["crm.settings"]
    tenant = make_tenant(alone)
    contact, hold, _ = kept(tenant, DISPUTE)
    lift(tenant, hold)
    nights = duty.Nights(datetime.fromisoformat("2026-11-21T12:00:00Z"))

    with (
        at("2026-11-22T12:00:00Z"),
        psycopg.connect(
            settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
        ) as worker,
    ):
        duty.look(worker, settings, nights, Event())

    assert not exists(tenant, contact)
