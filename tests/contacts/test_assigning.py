"""Assigning contacts to client managers, and the keys that client managers have."""

from typing import Any

import pytest

from crm_service.web.principal import CLIENT_MANAGER_SCOPES
from tests.factories import Tenant


def _register(tenant: Tenant, email: str, **more: Any) -> str:
    body = {"email": email, "source": {"kind": "person"}, **more}
    contact_id: str = tenant.client.post("/v1/contacts", json=body).json["id"]
    return contact_id


@pytest.mark.clause("ws-02")
@pytest.mark.rule(38)
def test_an_assignment_takes_effect_at_once_ends_at_once_and_is_on_record(tenant: Tenant) -> None:
    mari = _register(tenant, "mari@example.com")
    path, anna = f"/v1/contacts/{mari}", tenant.client_manager("anna")

    statuses = [anna.get(path).status_code]
    for manager in ("anna", "bert", "anna", None):
        tenant.client.put(f"{path}/assignment", json={"manager": manager})
        statuses.append(anna.get(path).status_code)

    assert statuses == [404, 200, 404, 200, 404]
    entries = tenant.client.get(f"/v1/audit?subject_id={mari}&action=contacts.assign").json
    assert [e["details"]["manager"] for e in entries["items"]] == [None, "anna", "bert", "anna"]


@pytest.mark.clause("ws-02")
def test_many_contacts_are_assigned_by_a_filter_or_by_their_ids(tenant: Tenant) -> None:
    for number in range(3):
        _register(tenant, f"ee{number}@example.com", country="EE")
    finn = _register(tenant, "fi@example.com", country="FI")
    post = tenant.client.post

    by_filter = post("/v1/assignments", json={"manager": "anna", "filter": {"country": "EE"}})
    by_id = post("/v1/assignments", json={"manager": "bert", "contact_ids": [finn]})
    again = post("/v1/assignments", json={"manager": "bert", "contact_ids": [finn]})

    assert [a.json["assigned"] for a in (by_filter, by_id, again)] == [3, 1, 0]
    assert len(tenant.client.get("/v1/contacts?assigned_to=anna").json["items"]) == 3
    assert tenant.client.get(f"/v1/contacts/{finn}/assignment").json["manager"] == "bert"


@pytest.mark.rule(36)
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"manager": "anna"}, 422, "contacts_missing"),
        ({"manager": "Anna Kask", "filter": {"country": "EE"}}, 422, "invalid_client_manager"),
        ({"manager": "a@example.com", "filter": {"country": "EE"}}, 422, "invalid_client_manager"),
        ({"manager": "anna", "filter": {"email": "a@example.com"}}, 422, "invalid_request"),
    ],
)
def test_an_assignment_that_cannot_be_is_refused(
    tenant: Tenant, body: dict[str, Any], status: int, code: str
) -> None:
    answer = tenant.client.post("/v1/assignments", json=body)

    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.rule(36)
def test_one_foreign_contact_among_many_assigns_none(tenant: Tenant, other_tenant: Tenant) -> None:
    mine = _register(tenant, "mari@example.com")
    theirs = _register(other_tenant, "theirs@example.com")

    body = {"manager": "anna", "contact_ids": [mine, theirs]}
    answer = tenant.client.post("/v1/assignments", json=body)

    assert (answer.status_code, answer.json["code"]) == (404, "unknown_contact")
    assert tenant.client.get(f"/v1/contacts/{mine}/assignment").json["manager"] is None


@pytest.mark.clause("ws-02")
def test_a_client_manager_changes_a_contact_but_not_its_addresses(tenant: Tenant) -> None:
    mari = _register(tenant, "mari@example.com")
    _register(tenant, "jaan@example.com")
    path, anna = f"/v1/contacts/{mari}", tenant.client_manager("anna")
    tenant.client.put(f"{path}/assignment", json={"manager": "anna"})

    match = {"If-Match": "*"}
    city = anna.patch(path, json={"city": "Tartu"}, headers=match)
    email = anna.patch(path, json={"email": "jaan@example.com"}, headers=match)

    assert (city.status_code, city.json["city"]) == (200, "Tartu")
    assert (email.status_code, email.json["code"]) == (403, "not_for_client_managers")


@pytest.mark.clause("ws-02")
@pytest.mark.rule(37)
def test_a_client_managers_key_cannot_hold_more_than_such_keys_may(tenant: Tenant) -> None:
    new = {"name": "Anna", "client_manager": "anna", "scopes": ["contacts:read", "events:read"]}
    refused = tenant.client.post("/v1/keys", json=new)
    issued = tenant.client.post("/v1/keys", json={**new, "scopes": list(CLIENT_MANAGER_SCOPES)})

    assert (refused.status_code, refused.json["code"]) == (422, "client_manager_key")
    assert "events:read" not in refused.json["allowed"]
    assert (issued.status_code, issued.json["client_manager"]) == (201, "anna")


@pytest.mark.rule(38)
def test_what_a_client_manager_read_is_in_the_audit_log_under_their_key(tenant: Tenant) -> None:
    mari = _register(tenant, "mari@example.com")
    tenant.client.put(f"/v1/contacts/{mari}/assignment", json={"manager": "anna"})

    tenant.client_manager("anna").get(f"/v1/contacts/{mari}")

    keys = tenant.client.get("/v1/keys").json["items"]
    [key] = [key["id"] for key in keys if key["client_manager"] == "anna"]
    entries = tenant.client.get(f"/v1/audit?subject_id={mari}&action=contacts.read").json["items"]
    assert [entry["actor"] for entry in entries] == [f"key:{key}"]


@pytest.mark.clause("ws-02")
def test_a_client_manager_is_not_told_whose_external_id_another_contact_has(tenant: Tenant) -> None:
    mine = _register(tenant, "mine@example.com")
    _register(tenant, "hidden@example.com", external_id="4711")
    tenant.client.put(f"/v1/contacts/{mine}/assignment", json={"manager": "anna"})
    anna, always = tenant.client_manager("anna"), {"If-Match": "*"}

    answers = [
        anna.patch(f"/v1/contacts/{mine}", json={"external_id": one}, headers=always)
        for one in ("4711", "4712")
    ]

    assert [(a.status_code, a.json["code"]) for a in answers] == [
        (403, "not_for_client_managers")
    ] * 2
