import uuid

import pytest

from tests.contacts.register import MARI, Admin, audited, register
from tests.factories import Tenant


@pytest.mark.rule(38)
def test_every_read_is_in_the_audit_log_with_its_fields(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant)

    answer = tenant.client.get(f"/v1/contacts/{contact['id']}")
    found = tenant.client.post("/v1/contacts/lookup", json={"email": "MARI@example.com"})

    assert answer.json == found.json == contact
    for action in ("contacts.read", "contacts.lookup"):
        [entry] = audited(admin, tenant, action)
        assert entry["subject_id"] == contact["id"]
        assert entry["fields"] == ["email", "first_name", "source_reference"]


@pytest.mark.rule(36)
def test_another_controllers_contact_does_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    path = f"/v1/contacts/{register(other_tenant)['id']}"
    match = {"If-Match": '"1"'}

    answers = [
        tenant.client.get(path),
        tenant.client.patch(path, json={"city": "Tartu"}, headers=match),
        tenant.client.delete(path),
        tenant.client.post("/v1/contacts/lookup", json={"email": MARI["email"]}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert tenant.client.get("/v1/contacts").json["items"] == []
    assert other_tenant.client.get(path).status_code == 200


@pytest.mark.rule(38)
def test_a_list_is_read_page_by_page_with_one_audit_entry_each(
    tenant: Tenant, admin: Admin
) -> None:
    ids = {register(tenant, email=f"person{n}@example.com")["id"] for n in range(5)}

    first = tenant.client.get("/v1/contacts?limit=3").json
    second = tenant.client.get(f"/v1/contacts?limit=3&cursor={first['next_cursor']}").json

    assert {contact["id"] for contact in first["items"] + second["items"]} == ids
    assert second["next_cursor"] is None
    assert [entry["count"] for entry in audited(admin, tenant, "contacts.list")] == [3, 2]


def test_a_list_can_be_narrowed(tenant: Tenant) -> None:
    register(tenant, country="EE", language="et")
    register(tenant, email="ola@example.com", country="NO", language="nb")

    answer = tenant.client.get("/v1/contacts?country=NO&language=nb&source_kind=event")

    assert [contact["email"] for contact in answer.json["items"]] == ["ola@example.com"]


@pytest.mark.rule(39)
def test_an_address_is_no_filter(tenant: Tenant) -> None:
    answer = tenant.client.get("/v1/contacts?email=mari@example.com")

    assert answer.status_code == 422


def test_an_address_nobody_has_is_not_found(tenant: Tenant) -> None:
    answer = tenant.client.post("/v1/contacts/lookup", json={"email": "nobody@example.com"})

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_a_contact_that_never_was_is_not_found(tenant: Tenant) -> None:
    assert tenant.client.get(f"/v1/contacts/{uuid.uuid4()}").status_code == 404


def test_reading_needs_the_scope_for_it(tenant: Tenant) -> None:
    narrow = tenant.client_with("contacts:write")

    answers = [
        narrow.get(f"/v1/contacts/{register(tenant)['id']}"),
        narrow.get("/v1/contacts"),
        narrow.post("/v1/contacts/lookup", json={"email": "mari@example.com"}),
        narrow.get("/v1/organizations"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
