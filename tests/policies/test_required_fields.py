"""A purpose takes the fields that the policy names for it, and nothing else is demanded (no-01)."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from crm_service.policies.checking import check
from crm_service.policies.findings import ERROR
from tests.factories import make_tenant
from tests.permissions.person import Admin, Person
from tests.policies.documents import changed
from tests.recipients.register import under
from tests.transfers.files import CONSENT, HEADER, bring, permissions, write

ADDRESS = {"street": "Storgata 1", "postal_code": "0155", "city": "Oslo"}
CONTRACT = {"channel": "email", "basis": "contract", "state": "granted"}
ORDER = {**CONTRACT, "purpose": "service", "evidence": {"contract": "C-1"}}


@pytest.fixture
def mari(app: Flask, admin: Admin) -> Person:
    """A person whose address nobody knows, in Norway."""
    return under(app, admin, "cantec-no")


@pytest.mark.clause("no-01")
def test_an_order_takes_a_name_and_an_address_and_says_what_is_missing(mari: Person) -> None:
    refused = mari.state("granted", "contract", purpose="service")
    stands = mari.permissions()
    mari.change(**ADDRESS)

    mari.grant("contract", purpose="service")

    assert (refused.status_code, refused.json["code"]) == (422, "fields_missing")
    assert sorted(refused.json["errors"]) == ["city", "postal_code", "street"]
    assert stands == []


@pytest.mark.clause("no-01")
def test_nothing_else_is_demanded(mari: Person) -> None:
    client = mari.tenant.client
    bare = {"email": "bare@example.com", "source": {"kind": "person"}}

    registered = client.post("/v1/contacts", json=bare)
    mari.grant("consent", purpose="marketing")
    withdrawn = mari.state("withdrawn", "contract", purpose="service")

    assert (registered.status_code, withdrawn.status_code) == (201, 201)


@pytest.mark.clause("no-01")
def test_a_contact_with_a_permission_that_takes_more_is_not_half_stored(mari: Person) -> None:
    client = mari.tenant.client
    new: dict[str, Any] = {"email": "new@example.com", "source": {"kind": "order"}}

    refused = client.post("/v1/contacts", json={**new, "permissions": [ORDER]})
    found = client.post("/v1/contacts/lookup", json={"email": "new@example.com"})
    whole = {**new, **ADDRESS, "last_name": "Tamm", "permissions": [ORDER]}

    assert (refused.status_code, refused.json["code"]) == (422, "fields_missing")
    assert found.status_code == 404
    assert client.post("/v1/contacts", json=whole).status_code == 201


@pytest.mark.clause("no-01")
def test_an_import_leaves_such_a_permission_out_and_says_so(
    app: Flask, admin: Admin, tmp_path: Path
) -> None:
    tenant = make_tenant(app, policy=changed("purposes.marketing.required_fields", ["city"]))
    rows = [{"Email": f"{one}@example.com", **CONSENT} for one in ("none", "some")]
    rows[1]["City"] = "Oslo"

    imported = bring(tenant, write(tmp_path / "f.csv", *rows, header=[*HEADER, "City"]))

    assert imported.outcomes == ["created", "created"]
    assert ["fields_missing" in one for one in imported.warnings] == [True, False]
    assert {one[0] for one in permissions(admin, tenant)} == {"some@example.com"}


def test_what_a_contact_cannot_have_is_not_demanded() -> None:
    document = changed("purposes.service.required_fields", ["street", "company"])
    document["contact_fields"] = ["email", "first_name", "company"]

    found = [one for one in check(document) if one.path.endswith("required_fields")]

    assert [one.severity for one in found] == [ERROR]
