"""The register of recipients, and the record of processing that is made from it."""

import pytest
from flask import Flask

from tests.factories import Tenant
from tests.permissions.person import Admin
from tests.recipients.register import COURT, MAILHOUSE, SIGNED, enter, hand, reasons, under


@pytest.mark.clause("si-14", "ws-03")
def test_the_record_of_processing_names_purposes_bases_terms_and_recipients(
    app: Flask, admin: Admin
) -> None:
    tenant = under(app, admin, "tenzor").tenant
    enter(tenant, MAILHOUSE, categories=["contact"], purposes=["marketing"])
    enter(tenant, COURT)

    record = tenant.client.get("/v1/processing-record").json

    assert record["controller"] == "Tenzor d.o.o."
    [marketing] = [one for one in record["processing"] if one["purpose"] == "marketing"]
    assert marketing["legal_bases"] == ["consent", "legitimate_interests"]
    assert marketing["recipients"] == ["mailhouse"]
    [court, mailhouse] = record["recipients"]
    assert court["kind"] == "authority"
    assert {name: mailhouse[name] for name in SIGNED} == SIGNED


def test_a_recipient_is_entered_once_and_changed_where_it_stands(tenant: Tenant) -> None:
    entered = enter(tenant, MAILHOUSE)

    again = tenant.client.post("/v1/recipients", json=MAILHOUSE)
    changed = tenant.client.patch(f"/v1/recipients/{entered['id']}", json={"contract": "DPA 2"})

    assert (again.status_code, again.json["code"]) == (409, "recipient_exists")
    assert changed.json == {**entered, "contract": "DPA 2"}
    assert tenant.client.get(f"/v1/recipients/{entered['id']}").json == changed.json


def test_nothing_goes_to_a_recipient_that_was_ended(app: Flask, admin: Admin) -> None:
    mari = under(app, admin, "cadcraft")
    entered = enter(mari.tenant, MAILHOUSE)
    mari.tenant.client.patch(f"/v1/recipients/{entered['id']}", json={"ended": True})

    answer = hand(mari)

    assert reasons(answer) == ["recipient_ended"]
    assert mari.tenant.client.get("/v1/recipients").json["items"] == []
    assert len(mari.tenant.client.get("/v1/recipients?ended=true").json["items"]) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("country", "Estonia"), ("kind", "friend"), ("slug", "Mail House"), ("name", "")],
)
def test_a_recipient_that_cannot_be_is_refused(tenant: Tenant, field: str, value: str) -> None:
    answer = tenant.client.post("/v1/recipients", json={**MAILHOUSE, field: value})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]
