"""Holds come before erasure, and after objection: what stays, what goes, and who is mailed."""

from typing import Any

import pytest
from flask import Flask

from tests.contacts.register import Admin, audited, email_key, phone_key, reasons, register
from tests.factories import Tenant
from tests.holds.holding import DISPUTE, STATUTORY, lift, place, resolve
from tests.rights.asking import ask, at, decide, identify, read, told, under
from tests.rights.test_decisions import EMAIL, PHONE, subscribed, verdict

WHY = "A court case about your order is going on."


def asked(tenant: Tenant, contact: dict[str, Any]) -> dict[str, Any]:
    """Return the contact's request to be erased, ready to be decided."""
    request = ask(tenant, "erasure", contact_id=contact["id"])
    identify(tenant, request)
    return request


def delete(tenant: Tenant, contact: dict[str, Any]) -> int:
    return tenant.client.delete(f"/v1/contacts/{contact['id']}").status_code


def exists(tenant: Tenant, contact: dict[str, Any]) -> bool:
    return tenant.client.get(f"/v1/contacts/{contact['id']}").status_code == 200


@pytest.mark.rule(33)
@pytest.mark.clause("no-12")
@pytest.mark.parametrize("hold", [DISPUTE, STATUTORY])
def test_a_held_person_is_not_erased_in_full_and_nothing_changes(
    tenant: Tenant, hold: dict[str, Any]
) -> None:
    contact = subscribed(tenant)
    placed = place(tenant, contact, hold, categories=["contracts"]).json
    request = asked(tenant, contact)

    answer = decide(tenant, request, "granted")

    assert (answer.status_code, answer.json["code"]) == (409, "held")
    [named] = answer.json["holds"]
    assert (named["id"], named["kind"]) == (placed["id"], hold["kind"])
    assert "partly_granted" in answer.json["detail"]
    assert (read(tenant, request)["status"], verdict(tenant)) == ("in_progress", [])


@pytest.mark.rule(5, 33)
@pytest.mark.clause("no-12")
def test_granted_in_part_what_is_held_is_stored_and_nothing_is_sent_any_more(
    tenant: Tenant, admin: Admin
) -> None:
    contact = subscribed(tenant)
    hold = place(tenant, contact, STATUTORY).json
    request = asked(tenant, contact)

    answer = decide(tenant, request, "partly_granted", reasons=WHY)

    assert answer.status_code == 200, answer.json
    assert WHY in answer.json["letter"]["text"]
    assert [one["id"] for one in answer.json["executed"]["kept"]["holds"]] == [hold["id"]]
    assert answer.json["executed"]["permissions_ended"] >= 1
    assert {"suppressed", "restricted"} <= set(verdict(tenant))
    for key in (email_key(tenant, EMAIL), phone_key(tenant, PHONE)):
        assert reasons(tenant, key) == ["erasure"]
    assert exists(tenant, contact)
    assert len(told(admin, tenant, "contact.restricted.v1")) == 1


@pytest.mark.clause("si-11")
def test_an_erasure_that_is_held_is_refused_on_a_ground_of_the_policy(app: Flask) -> None:
    tenant = under(app, "tenzor")
    contact = register(tenant)
    place(tenant, contact, DISPUTE)

    answer = decide(tenant, asked(tenant, contact), "refused", ground="legal_claims", reasons=WHY)

    assert (answer.status_code, answer.json["outcome"]) == (200, "refused")
    assert "17(3)(e)" in answer.json["letter"]["text"]
    assert exists(tenant, contact)


def test_the_controllers_own_erasure_waits_for_the_hold_to_go(tenant: Tenant) -> None:
    contact = register(tenant)
    hold = place(tenant, contact, DISPUTE).json

    before = tenant.client.delete(f"/v1/contacts/{contact['id']}")
    lift(tenant, hold)

    assert (before.status_code, before.json["code"]) == (409, "held")
    assert (delete(tenant, contact), exists(tenant, contact)) == (204, False)


def test_a_hold_bars_erasure_to_its_last_day_and_not_on_the_next(app: Flask) -> None:
    tenant = under(app, "tenzor")
    contact = register(tenant)
    resolve(tenant, place(tenant, contact, DISPUTE).json, "judgment", "2026-03-02")

    with at("2036-03-02T12:00:00Z"):
        on_the_last_day = delete(tenant, contact)
    with at("2036-03-03T12:00:00Z"):
        after = delete(tenant, contact)

    assert (on_the_last_day, after) == (409, 204)


@pytest.mark.rule(16, 33)
@pytest.mark.clause("no-12")
@pytest.mark.parametrize("kind", ["objection", "withdrawal"])
def test_no_hold_stands_against_an_objection_or_a_withdrawal(tenant: Tenant, kind: str) -> None:
    contact = subscribed(tenant)
    place(tenant, contact, STATUTORY)

    ask(tenant, kind, contact_id=contact["id"])

    assert verdict(tenant)[0] == "suppressed"


def test_once_the_hold_is_gone_the_rest_is_erased_and_the_block_stays(
    tenant: Tenant, admin: Admin
) -> None:
    contact = subscribed(tenant)
    hold = place(tenant, contact, DISPUTE).json
    decide(tenant, asked(tenant, contact), "partly_granted", reasons=WHY)
    lift(tenant, hold)

    status = delete(tenant, contact)

    assert (status, exists(tenant, contact)) == (204, False)
    assert reasons(tenant, email_key(tenant, EMAIL)) == ["erasure"]
    assert len(audited(admin, tenant, "contacts.erase")) == 1
    count = "SELECT count(*) FROM holds WHERE controller_id = %s"
    assert admin.execute(count, (tenant.controller_id,)).fetchone() == (0,)
