"""Where data come from: of every contact and every field, and only as the policy allows."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from tests.factories import Answer, Tenant
from tests.rights.asking import ask, decide, identify, package, under

MARI = "mari@example.com"


def register(tenant: Tenant, kind: str, **more: Any) -> Mapping[str, Any]:
    """Register Mari and return what was answered."""
    body = {"email": MARI, "source": {"kind": kind, "reference": "R-1"}, **more}
    answer = tenant.client.post("/v1/contacts", json=body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def change(tenant: Tenant, contact: Mapping[str, Any], given: dict[str, Any]) -> Answer:
    """Change a contact."""
    path = f"/v1/contacts/{contact['id']}"
    return tenant.client.patch(path, json=given, headers={"If-Match": "*"})


def sources(tenant: Tenant, contact_id: str) -> dict[str, tuple[str, str | None]]:
    """Return kind and reference of each field's source."""
    items = tenant.client.get(f"/v1/contacts/{contact_id}/provenance").json["items"]
    return {i["field"]: (i["source"]["kind"], i["source"]["reference"]) for i in items}


@pytest.mark.clause("se-02", "si-08")
@pytest.mark.rule(33)
def test_every_field_has_the_source_of_what_last_changed_it(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    mari = register(tenant, "order", first_name="Mari", attributes={"user_id": "u1"})

    new = {
        "city": "Lund",
        "attributes": {"services_used": "hosting"},
        "source": {"kind": "public_register", "reference": "SPAR"},
    }
    assert change(tenant, mari, new).status_code == 200

    found = sources(tenant, mari["id"])
    assert found["first_name"] == found["attributes.user_id"] == ("order", "R-1")
    assert found["city"] == found["attributes.services_used"] == ("public_register", "SPAR")


def test_a_value_that_was_known_keeps_its_source(tenant: Tenant) -> None:
    mari = register(tenant, "event", city="Tartu")

    again = {"email": MARI, "city": "Tartu", "phone": "+372 5123 4567"}
    tenant.client.put("/v1/contacts", json={**again, "source": {"kind": "partner"}})

    found = sources(tenant, mari["id"])
    assert found["city"] == ("event", "R-1")
    assert found["phone"] == ("partner", None)


@pytest.mark.clause("se-02")
@pytest.mark.parametrize("kind", ["partner", "business_contact", "other"])
def test_a_source_that_the_policy_does_not_name_is_refused(app: Flask, kind: str) -> None:
    tenant = under(app, "cadcraft")

    new = {"email": MARI, "source": {"kind": kind}}
    answers = [tenant.client.post("/v1/contacts", json=new)]
    answers.append(tenant.client.put("/v1/contacts", json=new))

    assert [(a.status_code, a.json["code"]) for a in answers] == [(422, "source_not_allowed")] * 2
    assert "credit_register" in answers[0].json["allowed"]
    assert tenant.client.get("/v1/contacts").json["items"] == []


@pytest.mark.clause("si-08")
def test_a_change_from_a_source_that_the_policy_does_not_name_changes_nothing(app: Flask) -> None:
    tenant = under(app, "tenzor")
    mari = register(tenant, "public_source", city="Ptuj")

    new = {"city": "Maribor", "source": {"kind": "credit_register"}}
    answer = change(tenant, mari, new)

    assert (answer.status_code, answer.json["code"]) == (422, "source_not_allowed")
    assert tenant.client.get(f"/v1/contacts/{mari['id']}").json["city"] == "Ptuj"


@pytest.mark.clause("se-02")
def test_an_unknown_kind_of_source_is_refused_with_those_that_there_are(tenant: Tenant) -> None:
    answer = tenant.client.post("/v1/contacts", json={"email": MARI, "source": {"kind": "rumour"}})

    assert answer.status_code == 422
    assert "credit_register" in answer.json["errors"]["source.kind"][0]


@pytest.mark.clause("si-08")
def test_what_comes_without_a_word_of_its_source_counts_as_the_policy_says(app: Flask) -> None:
    tenant = under(app, "tenzor")

    mari = register(tenant, "api")
    change(tenant, mari, {"city": "Ptuj"})

    assert mari["source"]["kind"] == "business_contact"
    assert sources(tenant, mari["id"])["city"] == ("business_contact", None)


@pytest.mark.clause("se-02")
@pytest.mark.rule(33)
def test_a_copy_of_the_data_names_their_sources_and_erasure_takes_them(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    mari = register(tenant, "person")
    new = {"city": "Lund", "source": {"kind": "credit_register", "reference": "C-9"}}
    change(tenant, mari, new)

    request = ask(tenant, "access", contact_id=mari["id"])
    identify(tenant, request)
    decide(tenant, request, "granted", reasons="as asked")
    copy = package(tenant, request)
    tenant.client.post(f"/v1/rights-requests/{request['id']}/close")
    tenant.client.delete(f"/v1/contacts/{mari['id']}")

    found = [one for one in copy["contacts"] if one.get("source_reference") == "C-9"]
    assert [(one["field"], one["source_kind"]) for one in found] == [("city", "credit_register")]
    assert tenant.client.get(f"/v1/contacts/{mari['id']}/provenance").status_code == 404
