from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contacts.register import Admin, audited, change, register
from tests.factories import Tenant
from tests.rights.asking import ask, decide, identify

SAMPLE: dict[str, Any] = {
    "name": "Näide OÜ",
    "registration_no": "12345678",
    "vat_no": "EE123456789",
    "street": "Pikk 1",
    "postal_code": "10123",
    "city": "Tallinn",
    "country": "EE",
    "invoice_emails": ["invoices@example.com"],
}


def found(tenant: Tenant, **facts: Any) -> dict[str, Any]:
    answer = tenant.client.post("/v1/organizations", json={**SAMPLE, **facts})
    assert answer.status_code == 201, answer.json
    organization: dict[str, Any] = answer.json
    return organization


@pytest.mark.clause("ee-02")
def test_a_legal_entity_has_its_numbers_address_and_invoice_addresses(tenant: Tenant) -> None:
    organization = found(tenant)

    read = tenant.client.get(f"/v1/organizations/{organization['id']}")

    assert {name: read.json[name] for name in SAMPLE} == SAMPLE
    assert read.headers["ETag"] == '"1"'


@pytest.mark.clause("ee-02")
def test_its_representatives_are_contacts_like_everybody(tenant: Tenant) -> None:
    organization = found(tenant)
    mari = register(tenant, phone="+372 5123 4567", organization_id=organization["id"])
    register(tenant, email="other@example.com")

    listed = tenant.client.get(f"/v1/contacts?organization_id={organization['id']}").json["items"]

    assert [contact["id"] for contact in listed] == [mari["id"]]
    assert change(tenant, mari, organization_id=None).json["organization_id"] is None


def test_a_registration_number_belongs_to_one_organization(tenant: Tenant) -> None:
    def post(_: int) -> int:
        return tenant.client.post("/v1/organizations", json=SAMPLE).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(post, range(4)))

    assert statuses == [201, 409, 409, 409]


def test_a_change_needs_the_version_that_was_read(tenant: Tenant) -> None:
    path = f"/v1/organizations/{found(tenant)['id']}"
    facts = {"city": "Tartu", "vat_no": None}

    unsaid = tenant.client.patch(path, json=facts)
    current = tenant.client.patch(path, json=facts, headers={"If-Match": '"1"'})
    outdated = tenant.client.patch(path, json=facts, headers={"If-Match": '"1"'})

    assert [a.status_code for a in (unsaid, current, outdated)] == [428, 200, 412]
    assert (current.json["city"], current.json["vat_no"]) == ("Tartu", None)


@pytest.mark.rule(36)
def test_another_controllers_organization_does_not_exist(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    organization = found(other_tenant)
    path = f"/v1/organizations/{organization['id']}"

    answers = [
        tenant.client.get(path),
        tenant.client.patch(path, json={"city": "Tartu"}, headers={"If-Match": '"1"'}),
    ]
    joined = change(tenant, register(tenant), organization_id=organization["id"])

    assert [answer.status_code for answer in answers] == [404, 404]
    assert (joined.status_code, joined.json["code"]) == (422, "unknown_organization")
    assert tenant.client.get("/v1/organizations").json["items"] == []


@pytest.mark.rule(38)
def test_every_access_is_in_the_audit_log(tenant: Tenant, admin: Admin) -> None:
    organization = found(tenant)

    tenant.client.get("/v1/organizations?limit=1")

    for action in ("organizations.create", "organizations.list"):
        [entry] = audited(admin, tenant, action)
        assert entry["details"] == {"organization_id": organization["id"]}
        assert "invoice_emails" in entry["fields"]


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"country": "XX"}, "country"),
        ({"invoice_emails": ["nobody"]}, "invoice_emails"),
        ({"owner": "Mari"}, "owner"),
    ],
)
def test_a_field_that_is_wrong_is_named(tenant: Tenant, facts: dict[str, Any], name: str) -> None:
    answer = tenant.client.post("/v1/organizations", json={**SAMPLE, **facts})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [name]


@pytest.mark.rule(33, 34)
@pytest.mark.clause("ee-02")
def test_a_person_who_is_erased_on_request_gets_no_invoices_any_more(
    tenant: Tenant, admin: Admin
) -> None:
    organization = found(tenant, invoice_emails=["Mari@Example.com", "office@example.com"])
    contact = register(tenant, email="mari@example.com")
    request = ask(tenant, "erasure", contact_id=contact["id"])
    identify(tenant, request)

    decided = decide(tenant, request, "granted").json

    left = tenant.client.get(f"/v1/organizations/{organization['id']}").json
    assert left["invoice_emails"] == ["office@example.com"]
    assert decided["executed"]["erased"]["organizations"] == 1
    assert audited(admin, tenant, "organizations.update")[0]["fields"] == ["invoice_emails"]
