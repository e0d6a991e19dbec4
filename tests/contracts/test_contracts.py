"""Contracts of a contact: recorded with what retention counts from, changed, ended, read."""

from typing import Any

import pytest

from tests.contacts.register import CONSENT, Admin, audited, register
from tests.factories import Answer, Tenant

SIGNED: dict[str, Any] = {"reference": "2024/114", "signed_on": "2024-03-01"}


def path(contact: dict[str, Any]) -> str:
    return f"/v1/contacts/{contact['id']}/contracts"


def add(tenant: Tenant, contact: dict[str, Any], **facts: Any) -> Answer:
    return tenant.client.post(path(contact), json={**SIGNED, **facts})


def change(
    tenant: Tenant, contact: dict[str, Any], contract: dict[str, Any], **facts: Any
) -> Answer:
    return tenant.client.patch(f"{path(contact)}/{contract['id']}", json=facts)


def listed(tenant: Tenant, contact: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = tenant.client.get(path(contact)).json["items"]
    return items


def test_a_contract_runs_until_its_end_is_recorded(tenant: Tenant) -> None:
    contact = register(tenant)
    running = add(tenant, contact, note="support for a year").json

    ended = change(tenant, contact, running, ended_on="2026-10-31").json

    assert (running["category"], running["purpose"]) == ("contracts", "service")
    assert (running["ended_on"], ended["ended_on"]) == (None, "2026-10-31")
    assert listed(tenant, contact) == [ended]
    assert change(tenant, contact, running, ended_on=None).json["ended_on"] is None


def test_a_change_leaves_alone_what_it_does_not_name(tenant: Tenant) -> None:
    contact = register(tenant)
    made = add(tenant, contact, note="by letter").json

    changed = change(tenant, contact, made, signed_on="2024-02-29").json

    assert changed["updated_at"] > made["updated_at"]
    assert {**changed, "updated_at": None} == {
        **made, "signed_on": "2024-02-29", "updated_at": None,
    }  # fmt: skip


def test_a_reference_is_recorded_once_for_each_contact(tenant: Tenant) -> None:
    contact, other = register(tenant), register(tenant, email="jaan@example.com")
    made = add(tenant, contact).json

    again = add(tenant, contact, signed_on="2025-01-01")

    assert (again.status_code, again.json["code"]) == (409, "contract_exists")
    assert again.json["contract_id"] == made["id"]
    assert listed(tenant, contact) == [made]
    assert add(tenant, other).status_code == 201


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"reference": " "}, "invalid_request"),
        ({"reference": "r" * 101}, "invalid_request"),
        ({"signed_on": "1 March"}, "invalid_request"),
        ({"signed_on": "0001-01-01"}, "invalid_request"),
        ({"category": "Contracts!"}, "invalid_request"),
        ({"category": "contract"}, "unknown_category"),
        ({"purpose": "curiosity"}, "unknown_purpose"),
        ({"ended_on": "2024-02-28"}, "ended_before_signed"),
        ({"more": 1}, "invalid_request"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_stored(
    tenant: Tenant, facts: dict[str, Any], code: str
) -> None:
    contact = register(tenant)

    answer = add(tenant, contact, **facts)

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert listed(tenant, contact) == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"ended_on": "2024-02-28"}, "ended_before_signed"),
        ({"signed_on": "2026-11-01"}, "ended_before_signed"),
        ({"purpose": "curiosity"}, "unknown_purpose"),
        ({"signed_on": None}, "invalid_request"),
        ({"reference": "2024/115"}, "invalid_request"),
    ],
)
def test_a_senseless_change_changes_nothing(
    tenant: Tenant, facts: dict[str, Any], code: str
) -> None:
    contact = register(tenant)
    made = add(tenant, contact, ended_on="2026-10-31").json

    answer = change(tenant, contact, made, **facts)

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert listed(tenant, contact) == [made]


def test_the_end_of_a_contract_leaves_permissions_alone(tenant: Tenant) -> None:
    contact = register(tenant, permissions=[CONSENT])
    stated = {"purpose": "service", "channel": "email", "basis": "contract", "state": "granted"}
    permissions = f"/v1/contacts/{contact['id']}/permissions"
    tenant.client.post(permissions, json={**stated, "evidence": {"contract": "2024/114"}})
    before = tenant.client.get(permissions).json["items"]

    add(tenant, contact, ended_on="2026-10-31")

    assert len(before) == 2
    assert tenant.client.get(permissions).json["items"] == before


@pytest.mark.rule(36)
def test_somebody_elses_contract_and_contact_are_not_found(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    contact, neighbor = register(tenant), register(tenant, email="jaan@example.com")
    made = add(tenant, contact).json

    assert add(other_tenant, contact).status_code == 404
    assert change(other_tenant, contact, made, note="x").status_code == 404
    assert change(tenant, neighbor, made, note="x").status_code == 404
    assert listed(tenant, contact) == [made]


@pytest.mark.rule(37)
def test_reading_contracts_is_not_writing_them(tenant: Tenant) -> None:
    contact = register(tenant)

    answer = tenant.client_with("contracts:read").post(path(contact), json=SIGNED)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")


@pytest.mark.rule(38)
def test_every_access_is_audited_without_what_it_says(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant)

    made = add(tenant, contact, note="secret").json
    change(tenant, contact, made, ended_on="2026-10-31")
    listed(tenant, contact)

    actions = ("contracts.add", "contracts.change", "contracts.list")
    [added], [changed], [read] = (audited(admin, tenant, action) for action in actions)
    assert (added["fields"], changed["fields"]) == (
        ["note", "reference", "signed_on"],
        ["ended_on"],
    )
    assert read["subject_id"] == contact["id"]
    assert "secret" not in str([added, changed, read])


@pytest.mark.rule(33)
def test_the_timeline_tells_of_a_contract_and_of_its_end_once_it_has_come(tenant: Tenant) -> None:
    contact = register(tenant)
    add(tenant, contact, ended_on="2025-10-31")
    add(tenant, contact, reference="2024/115", ended_on="2999-10-31")

    told = tenant.client.get(f"/v1/contacts/{contact['id']}/history?kind=contract").json["items"]

    assert [(one["at"], one["what"], one["details"]["reference"]) for one in told] == [
        ("2025-10-31T00:00:00Z", "ended", "2024/114"),
        *((("2024-03-01T00:00:00Z", "signed", one["details"]["reference"])) for one in told[1:]),
    ]
    assert {one["details"]["reference"] for one in told[1:]} == {"2024/114", "2024/115"}


@pytest.mark.rule(5, 34)
def test_a_contract_is_erased_with_the_person(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant)
    add(tenant, contact)

    tenant.client.delete(f"/v1/contacts/{contact['id']}")

    count = "SELECT count(*) FROM contracts WHERE controller_id = %s"
    assert admin.execute(count, (tenant.controller_id,)).fetchone() == (0,)
