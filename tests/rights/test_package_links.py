"""Packages leave by a one-time link, encrypted where the policy asks for it (no-06, si-16)."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from crm_service.clock import utcnow
from tests.contacts.register import Admin, audited, change, register
from tests.factories import Answer, Tenant
from tests.rights.asking import ask, decide, granted, step, told, under
from tests.rights.opening import data, fetch, opened

PASSWORD = "correct horse battery"


def link(admin: Admin, tenant: Tenant) -> str:
    """Return the path of the link that was handed out last."""
    url: str = told(admin, tenant, "address_proof.requested.v1")[-1]["url"]
    return url.removeprefix("https://crm.example.com")


def send(tenant: Tenant, request: dict[str, Any], **facts: Any) -> Answer:
    """Have a link to the package sent."""
    path = f"/v1/rights-requests/{request['id']}/package-link"
    return tenant.client.post(path, json=facts)


def linked(tenant: Tenant, admin: Admin, **facts: Any) -> tuple[str, str | None]:
    """Return a link to Mari's package, and the password that goes with it."""
    register(tenant, language="en")
    sent = send(tenant, granted(tenant, "access"), **facts)
    assert sent.status_code == 201, sent.json
    return link(admin, tenant), sent.json["password"]


@pytest.mark.rule(12)
@pytest.mark.clause("no-06", "si-17")
def test_a_link_hands_the_package_out_once_and_opening_it_tells_nothing(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    path, password = linked(tenant, admin)

    pages = [client.get(path) for _ in range(2)]
    package = client.post(path)
    files = opened(package.data)
    again = [client.get(path), client.post(path)]

    assert password is None
    assert not [page for page in pages if page.status_code != 200 or "mari" in page.text.lower()]
    assert package.headers["Content-Disposition"] == 'attachment; filename="package.zip"'
    assert package.headers["Cache-Control"] == "no-store"
    assert data(files)["contacts"][0]["email"] == "mari@example.com"
    assert [one.status_code for one in again] == [404, 404]
    [entry] = audited(admin, tenant, "rights.package")
    assert entry["actor"] == "recipient"


@pytest.mark.clause("no-06")
def test_what_is_handed_out_for_mailing_is_a_link_and_no_data(tenant: Tenant, admin: Admin) -> None:
    linked(tenant, admin, encrypted=True)

    [event] = told(admin, tenant, "address_proof.requested.v1")

    assert event["purpose"] == "package"
    assert "mari" not in json.dumps(event).lower()


@pytest.mark.clause("si-16")
def test_a_link_with_a_password_gives_nothing_without_it(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    path, password = linked(tenant, admin, encrypted=True)

    wrong = client.post(path, data={"password": "guess-guess"})
    package = client.post(path, data={"password": f" {password} ".upper()})
    files = opened(package.data, password)

    assert (wrong.status_code, "This is not the password" in wrong.text) == (422, True)
    assert data(files)["contacts"][0]["first_name"] == "Mari"
    stored = admin.execute("SELECT payload::text FROM address_proofs WHERE payload ? 'password'")
    assert str(password) not in str(stored.fetchall())


@pytest.mark.clause("si-16")
def test_every_entry_is_encrypted_with_aes_256_and_no_name_tells_of_the_person(
    tenant: Tenant,
) -> None:
    register(tenant)
    path = f"/v1/rights-requests/{granted(tenant, 'access')['id']}/package"

    package = tenant.client.post(path, json={"password": PASSWORD})

    entries = zipfile.ZipFile(io.BytesIO(package.data)).infolist()
    # AE-2 (0x9901): version 2, "AE", strength 3 is AES-256.
    assert {bytes(entry.extra[:9]) for entry in entries} == {b"\x01\x99\x07\x00\x02\x00AE\x03"}
    assert not [entry for entry in entries if "mari" in entry.filename.lower()]
    assert data(opened(package.data, PASSWORD))["contacts"][0]["first_name"] == "Mari"
    with pytest.raises(RuntimeError, match="password"):
        opened(package.data)


@pytest.mark.clause("si-16", "si-20")
def test_where_the_policy_asks_for_it_nothing_leaves_in_the_clear(app: Flask) -> None:
    tenant = under(app, "tenzor")
    register(tenant)
    request = granted(tenant, "access", language="en")

    answers = [fetch(tenant, request), fetch(tenant, request, Accept="application/json")]
    answers.append(send(tenant, request, encrypted=False))
    path = f"/v1/rights-requests/{request['id']}/package"
    package = opened(tenant.client.post(path, json={"password": PASSWORD}).data, PASSWORD)

    assert [one.json["code"] for one in answers] == ["encryption_required"] * 3
    # si-20: what is kept permanently by law is told, with its law.
    assert "permanently, by law" in package["index.html"]
    assert "Law: Zakon" in package["index.html"]
    kept = json.loads(package["package.json"])["about"]["retention"]
    assert [one["clause"] for one in kept if one["keep"] == "permanent"] == ["si-20"]


@pytest.mark.clause("si-16")
def test_who_proved_the_address_gets_a_link_with_the_grant_and_chooses_a_password(
    app: Flask, client: FlaskClient, admin: Admin
) -> None:
    tenant = under(app, "tenzor")
    register(tenant, language="en")
    request = ask(tenant, "access")
    step(tenant, request, "identity", method="link")
    client.post(link(admin, tenant))
    decided = decide(tenant, request, "granted")
    path = link(admin, tenant)

    refused = [client.post(path, data={"password": one}) for one in ("", "short")]
    package = client.post(path, data={"password": PASSWORD})

    assert decided.json["executed"] == {"package_link_sent": True}
    assert [one.status_code for one in refused] == [422, 422]
    assert "12 to 128 characters" in refused[1].text
    assert data(opened(package.data, PASSWORD))["contacts"][0]["first_name"] == "Mari"


def test_a_download_that_breaks_off_can_be_repeated_for_a_quarter_of_an_hour(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    path, _ = linked(tenant, admin)

    client.post(path).close()
    with time_machine.travel(utcnow() + timedelta(minutes=14)):
        soon = client.get(path)
    with time_machine.travel(utcnow() + timedelta(minutes=16)):
        late = [client.get(path), client.post(path)]

    assert soon.status_code == 200
    assert [one.status_code for one in late] == [404, 404]


def test_a_link_ends_with_its_days(client: FlaskClient, tenant: Tenant, admin: Admin) -> None:
    path, _ = linked(tenant, admin)

    with time_machine.travel(utcnow() + timedelta(days=6)):
        before = client.get(path)
    with time_machine.travel(utcnow() + timedelta(days=8)):
        after = client.get(path)

    assert (before.status_code, after.status_code) == (200, 404)


@pytest.mark.rule(5)
def test_a_link_dies_with_the_person(client: FlaskClient, tenant: Tenant, admin: Admin) -> None:
    path, _ = linked(tenant, admin)
    [contact] = tenant.client.get("/v1/contacts").json["items"]
    [request] = tenant.client.get("/v1/rights-requests").json["items"]
    step(tenant, request, "close")

    erased = tenant.client.delete(f"/v1/contacts/{contact['id']}")

    assert (erased.status_code, client.post(path).status_code) == (204, 404)


def test_no_link_goes_where_nobody_bears_the_address_any_more(tenant: Tenant) -> None:
    contact = register(tenant)
    request = granted(tenant, "access")
    change(tenant, contact, email="new@example.org")

    answer = send(tenant, request)

    assert (answer.status_code, answer.json["code"]) == (409, "address_not_held")


def test_there_is_no_link_before_the_request_is_granted(tenant: Tenant) -> None:
    register(tenant)

    answer = send(tenant, ask(tenant, "access"))

    assert (answer.status_code, answer.json["code"]) == (409, "no_package")


@pytest.mark.parametrize("password", ["", "short", "x" * 129])
def test_a_password_for_an_archive_is_long_enough(tenant: Tenant, password: str) -> None:
    register(tenant)
    path = f"/v1/rights-requests/{granted(tenant, 'access')['id']}/package"

    answer = tenant.client.post(path, json={"password": password})

    assert answer.status_code == 422
    assert password not in answer.text or not password


@pytest.mark.clause("si-19")
def test_passwords_are_not_tried_for_ever(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    path, password = linked(tenant, admin, encrypted=True)

    guesses = [client.post(path, data={"password": "guess"}).status_code for _ in range(11)]

    assert guesses == [422] * 10 + [429]
    assert client.post(path, data={"password": password}).status_code == 429


@pytest.mark.clause("ee-12", "no-06")
def test_the_portal_leads_to_a_package_that_is_ready(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    register(tenant, language="en")
    granted(tenant, "access")
    client.post(f"/c/{tenant.slug}/rights", data={"email": "mari@example.com"})

    page = client.post(link(admin, tenant), data={"kind": "status"})
    path = page.text.partition('<a href="/p/')[2].partition('"')[0]
    package = client.post(f"/p/{path}")

    assert data(opened(package.data))["contacts"][0]["first_name"] == "Mari"
    assert len(told(admin, tenant, "address_proof.requested.v1")) == 1
