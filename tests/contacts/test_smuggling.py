"""Nothing that the policy does not declare gets in by another spelling, shape or door."""

from typing import Any

import pytest

from tests.contacts.register import MARI, Admin, change, register
from tests.factories import Tenant

pytestmark = pytest.mark.clause("ee-20", "se-01")

#: Declared is ``segment``. Next to it: other cases, letters of other alphabets and widths, spaces,
#: signs that nobody sees, parts of paths, names that mean something to programs.
LOOKALIKES = [
    *(
        "Segment",
        "SEGMENT",
        "s\u0435gment",
        "\uff53egment",
        "segment ",
        " segment",
        "seg\u00adment",
    ),
    *("segment\u200b", "segment.religion", "segment[religion]"),
    "attributes.segment",
    *(
        "__proto__",
        "constructor",
        "health",
        "HEALTH",
        "he\u0430lth",
        "party",
        "password",
        "pass_word",
    ),
]
#: What is no text, number or truth has no place: more attributes could hide in it.
SHAPES: list[Any] = [
    {"religion": "x"},
    {},
    ["x"],
    [],
    [["health", "x"]],
    [{"health": "x"}],
]


def refused(answer: Any, *codes: str) -> None:
    """Assert that it was refused as one of these."""
    assert answer.status_code == 422, answer.json
    assert answer.json["code"] in codes, answer.json


def nothing_is_kept(admin: Admin, tenant: Tenant, contact_id: str | None = None) -> None:
    """Assert that no attribute of anybody was stored."""
    rows = admin.execute(
        "SELECT id, attributes FROM contacts WHERE controller_id = %s", (tenant.controller_id,)
    ).fetchall()
    assert [(str(row[0]), row[1]) for row in rows] == ([(contact_id, {})] if contact_id else [])


@pytest.mark.parametrize("name", LOOKALIKES, ids=ascii)
def test_a_name_that_looks_like_a_declared_one_is_another(
    tenant: Tenant, admin: Admin, name: str
) -> None:
    answer = tenant.client.post("/v1/contacts", json={**MARI, "attributes": {name: "x"}})

    refused(answer, "undeclared_attribute", "invalid_request", "validation_failed")
    nothing_is_kept(admin, tenant)


@pytest.mark.parametrize("value", SHAPES, ids=str)
def test_a_declared_attribute_holds_one_value_and_no_others_within(
    tenant: Tenant, admin: Admin, value: Any
) -> None:
    contact = register(tenant)

    created = tenant.client.post(
        "/v1/contacts", json={"email": "x@example.com", "attributes": {"segment": value}}
    )
    changed = change(tenant, contact, attributes={"segment": value})

    assert (created.status_code, changed.status_code) == (422, 422)
    assert list(changed.json["errors"]) == ["attributes.segment.value"]
    nothing_is_kept(admin, tenant, contact["id"])


@pytest.mark.parametrize("name", ["health", "password", "Segment"])
def test_what_is_refused_at_first_is_refused_later(tenant: Tenant, admin: Admin, name: str) -> None:
    contact = register(tenant)

    patched = change(tenant, contact, attributes={"segment": None, name: "x"})
    upserted = tenant.client.put("/v1/contacts", json={**MARI, "attributes": {name: "x"}})

    refused(patched, "undeclared_attribute")
    assert upserted.status_code in {405, 422}
    nothing_is_kept(admin, tenant, contact["id"])


@pytest.mark.parametrize(
    "column", ["attributes.health", "attributes.Segment", "attributes.segment.religion", "health"]
)
def test_no_column_of_a_file_brings_what_is_not_declared(
    tenant: Tenant, admin: Admin, column: str
) -> None:
    form = "--x\r\nContent-Disposition: form-data; name="
    mapping = f'{form}"mapping"\r\n\r\nFaith={column}\r\n'
    file = (
        f'{form}"file"; filename="a.csv"\r\n\r\nEmail,Faith\r\nmari@example.com,x\r\n\r\n--x--\r\n'
    )

    answer = tenant.client.post(
        "/v1/imports", data=mapping + file, content_type="multipart/form-data; boundary=x"
    )

    assert answer.status_code == 422, answer.json
    nothing_is_kept(admin, tenant)


@pytest.mark.parametrize("facts", [{"attributes": {"health": "x"}}, {"health": "x"}], ids=str)
def test_no_other_door_takes_attributes(
    tenant: Tenant, admin: Admin, facts: dict[str, Any]
) -> None:
    contact = register(tenant)
    path, post = f"/v1/contacts/{contact['id']}", tenant.client.post
    note = {"kind": "note", "occurred_at": "2026-11-03T09:15:00Z", "note": "called"}
    contract = {"reference": "K-1", "signed_on": "2025-01-01", "purpose": "service"}
    ended = {"purpose": "marketing", "channel": "email", "basis": "consent"}

    answers = [
        post(
            "/v1/contacts", json={"email": "x@example.com", "source": MARI["source"], "health": 1}
        ),
        post("/v1/organizations", json={"name": "An Organization", **facts}),
        post(f"{path}/interactions", json=note | facts),
        post(f"{path}/contracts", json=contract | facts),
        post(f"{path}/permissions", json={**ended, "state": "withdrawn", **facts}),
    ]

    assert [one.status_code for one in answers] == [422] * len(answers)
    nothing_is_kept(admin, tenant, contact["id"])


def test_what_a_number_or_a_truth_is_stays_what_it_is(tenant: Tenant) -> None:
    given = {"segment": True, "customer_number": 9, "interests": "007"}

    contact = register(tenant, attributes=given)

    assert tenant.client.get(f"/v1/contacts/{contact['id']}").json["attributes"] == given
