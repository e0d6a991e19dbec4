"""Asking without a login: the link proves the address, and nothing is told before."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.contacts.register import Admin, email_key, reasons, register
from tests.factories import Tenant
from tests.rights.asking import ask, step, told

EMAIL = "mari@example.com"


def send(client: FlaskClient, tenant: Tenant, email: str, **headers: str) -> Any:
    """Ask for a link as the page's form does."""
    return client.post(f"/c/{tenant.slug}/rights", data={"email": email}, headers=headers)


def link(admin: Admin, tenant: Tenant) -> str:
    """Return the path of the link that was handed out last."""
    url: str = told(admin, tenant, "address_proof.requested.v1")[-1]["url"]
    return url.removeprefix("https://crm.example.com")


def proven(client: FlaskClient, tenant: Tenant, admin: Admin) -> str:
    register(tenant, language="en")
    assert send(client, tenant, EMAIL).status_code == 200
    return link(admin, tenant)


@pytest.mark.rule(33)
@pytest.mark.clause("ee-12", "ee-15", "si-17", "no-11")
@pytest.mark.parametrize(
    "kind", ["access", "rectification", "erasure", "restriction", "portability"]
)
def test_a_request_with_a_proven_address_is_recorded_with_its_identity(
    client: FlaskClient, tenant: Tenant, admin: Admin, kind: str
) -> None:
    path = proven(client, tenant, admin)

    page = client.post(path, data={"kind": kind, "details": "Please."})

    [request] = tenant.client.get("/v1/rights-requests").json["items"]
    assert (request["kind"], request["received_by"]) == (kind, "portal")
    assert (request["status"], request["identified_by"]) == ("in_progress", "link")
    assert (request["details"], request["email"]) == ("Please.", EMAIL)
    assert "We have your request" in page.text


@pytest.mark.clause("ee-14")
def test_an_objection_takes_effect_at_once(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    path = proven(client, tenant, admin)

    page = client.post(path, data={"kind": "objection"})

    assert "It took effect at once" in page.text
    assert reasons(tenant, email_key(tenant, EMAIL)) == ["objection"]


@pytest.mark.rule(12)
def test_opening_the_link_uses_nothing_up_and_tells_nothing(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    path = proven(client, tenant, admin)
    ask(tenant, "erasure", details="secret of Mari")

    pages = [client.get(path) for _ in range(3)]
    used = client.post(path, data={"kind": "status"})
    again = [client.get(path), client.post(path, data={"kind": "access"})]

    assert {page.status_code for page in pages} == {200}
    assert not [page for page in pages if "Mari" in page.text or EMAIL in page.text]
    assert "erasure of your data, received on" in used.text
    assert [page.status_code for page in again] == [404, 404]
    assert len(tenant.client.get("/v1/rights-requests").json["items"]) == 1


@pytest.mark.rule(39)
def test_known_and_unknown_addresses_get_the_same_answer(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    register(tenant)

    known, unknown = send(client, tenant, EMAIL), send(client, tenant, "nobody@example.org")

    assert known.text == unknown.text
    kept = ("RateLimit", "Date", "X-Request-Id")
    headers = [[h for h in one.headers.items() if h[0] not in kept] for one in (known, unknown)]
    assert headers[0] == headers[1]
    assert len(told(admin, tenant, "address_proof.requested.v1")) == 1


@pytest.mark.rule(39)
def test_known_and_unknown_addresses_cost_the_same_statements(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    register(tenant)

    def rows(email: str) -> int:
        send(client, tenant, email)
        found = admin.execute(
            "SELECT (SELECT count(*) FROM address_proofs WHERE controller_id = %(id)s)"
            " + (SELECT count(*) FROM audit_entries WHERE controller_id = %(id)s)",
            {"id": tenant.controller_id},
        ).fetchone()
        return int(found[0]) if found else 0

    before = rows("first@example.org")
    assert rows(EMAIL) - before == 2
    assert rows("nobody@example.org") - before == 4


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "mari@example.com\r\nBcc: x@example.com"])
def test_what_is_no_address_is_refused_in_words(
    client: FlaskClient, tenant: Tenant, email: str
) -> None:
    page = client.post(f"/c/{tenant.slug}/rights?lang=en", data={"email": email})

    assert page.status_code == 422
    assert "This is not an e-mail address" in page.text


def test_a_form_of_another_site_is_refused(client: FlaskClient, tenant: Tenant) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}

    page = client.post(f"/c/{tenant.slug}/rights", data={"email": EMAIL}, headers=headers)

    assert page.status_code == 403


@pytest.mark.clause("si-19")
def test_links_to_one_address_are_limited_known_or_not(client: FlaskClient, tenant: Tenant) -> None:
    register(tenant)

    for email in (EMAIL, "nobody@example.org"):
        statuses = [send(client, tenant, email).status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]


def test_a_choice_that_is_none_uses_nothing_up(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    path = proven(client, tenant, admin)

    page = client.post(path, data={"kind": "everything"})

    assert (page.status_code, "Please choose one" in page.text) == (422, True)
    assert client.post(path, data={"kind": "access"}).status_code == 200


@pytest.mark.clause("ee-15", "si-17")
def test_a_link_that_an_operator_sent_confirms_the_request_it_is_for(
    client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    register(tenant)
    request = ask(tenant, "access")
    step(tenant, request, "identity", method="link")
    path = link(admin, tenant)

    question = client.get(f"{path}?lang=en")
    client.post(path, data={"kind": "erasure"})

    [found] = tenant.client.get("/v1/rights-requests").json["items"]
    assert "Was it you who asked?" in question.text
    assert (found["status"], found["identified_by"]) == ("in_progress", "link")


def test_what_is_typed_is_shown_to_nobody_as_markup(
    app: Flask, client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    path = proven(client, tenant, admin)

    page = client.post(path, data={"kind": "access", "details": "<script>alert(1)</script>"})

    assert not re.search(r"<script", page.text)
