from typing import Any

import pytest

from tests.contacts.register import (
    CONSENT,
    MARI,
    Admin,
    addresses,
    events,
    register,
)
from tests.factories import Tenant, load_policy, make_tenant


@pytest.mark.rule(8)
@pytest.mark.parametrize(
    "email", ["not-an-address", "two@@example.com", "zero\u200bwidth@example.com", "x@example", " "]
)
def test_an_address_that_cannot_be_mailed_is_refused_by_name(tenant: Tenant, email: str) -> None:
    answer = tenant.client.post("/v1/contacts", json={**MARI, "email": email})

    assert answer.status_code == 422
    assert answer.json["code"] == "invalid_address"
    assert list(answer.json["errors"]) == ["email"]


@pytest.mark.rule(39)
def test_a_refusal_does_not_repeat_the_address(tenant: Tenant) -> None:
    register(tenant)

    answers = [
        tenant.client.post("/v1/contacts", json={**MARI, "email": email}).get_data(as_text=True)
        for email in ("mari@example.com", "mari@@example.com")
    ]

    assert not [answer for answer in answers if "mari" in answer]


@pytest.mark.parametrize("facts", [{"phone": "5123 4567"}, {"phone": "call me", "country": "EE"}])
def test_a_number_that_cannot_be_called_is_refused_by_name(
    tenant: Tenant, facts: dict[str, str]
) -> None:
    answer = tenant.client.post("/v1/contacts", json={**MARI, **facts})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["phone"]


@pytest.mark.clause("ee-20")
@pytest.mark.parametrize("name", ["health", "password", "religion", "shoe_size"])
def test_an_attribute_that_the_policy_does_not_declare_is_refused(
    tenant: Tenant, admin: Admin, name: str
) -> None:
    answer = tenant.client.post("/v1/contacts", json={**MARI, "attributes": {name: "x"}})

    assert answer.status_code == 422
    assert answer.json["code"] == "undeclared_attribute"
    assert list(answer.json["errors"]) == [f"attributes.{name}"]
    assert events(admin, tenant) == []


def test_a_field_that_the_policy_does_not_list_is_refused(app: Any) -> None:
    tenant = make_tenant(app, policy={**load_policy(), "contact_fields": ["email"]})

    answer = tenant.client.post("/v1/contacts", json=dict(MARI))

    assert answer.status_code == 422
    assert answer.json["code"] == "field_not_allowed"
    assert list(answer.json["errors"]) == ["first_name"]


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"nickname": "M"}, "nickname"),
        ({"source": {"kind": "bought"}}, "source.kind"),
        ({"source": None}, "source"),
        ({"country": "ee"}, "country"),
        ({"country": "XX"}, "country"),
        ({"language": "estonian"}, "language"),
        ({"language": "xx"}, "language"),
        ({"first_name": "M" * 201}, "first_name"),
        ({"added_at": "2999-01-01T00:00:00Z"}, "added_at"),
        ({"added_at": "0001-01-01T00:00:00+14:00"}, "added_at"),
        ({"added_at": "2026-01-01T00:00:00"}, "added_at"),
        ({"attributes": {"segment": ["a"]}}, "attributes.segment.value"),
        ({"organization_id": "7b0e6a36-6a3d-4b7e-8f38-2f0f6d1f8f11"}, "organization_id"),
    ],
)
def test_a_field_that_is_wrong_is_named(
    tenant: Tenant, admin: Admin, facts: dict[str, Any], name: str
) -> None:
    answer = tenant.client.post("/v1/contacts", json={**MARI, **facts})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [name]
    assert events(admin, tenant) == []


@pytest.mark.rule(17)
@pytest.mark.parametrize(
    ("statement", "code", "name"),
    [
        ({"evidence": {"method": "form"}}, "evidence_missing", "evidence.occurred_at"),
        ({"purpose": None, "topic": "no-such"}, "unknown_topic", "topic"),
        ({"purpose": "astrology"}, "unknown_purpose", "purpose"),
        ({"channel": "sms"}, "address_missing", "channel"),
    ],
)
def test_a_contact_whose_permission_cannot_be_recorded_is_not_stored(
    tenant: Tenant, admin: Admin, statement: dict[str, Any], code: str, name: str
) -> None:
    stated = {key: value for key, value in {**CONSENT, **statement}.items() if value is not None}

    answer = tenant.client.post("/v1/contacts", json={**MARI, "permissions": [CONSENT, stated]})

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert f"permissions.1.{name}" in answer.json["errors"]
    assert (events(admin, tenant), addresses(admin, tenant)) == ([], {})


def test_writing_needs_the_scope_for_it(tenant: Tenant) -> None:
    answer = tenant.client_with("contacts:read").post("/v1/contacts", json=dict(MARI))

    assert answer.status_code == 403
