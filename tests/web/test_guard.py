"""Nobody passes without a key, and nothing is served that declares no scope (rules 36, 37)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import Tenant, load_policy, make_tenant


@pytest.mark.rule(37)
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "crm_x"])
def test_without_a_key_the_answer_is_401_with_a_challenge(client: FlaskClient, header: str) -> None:
    answer = client.get("/v1/keys", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.get_json()["code"] == "unauthenticated"


@pytest.mark.rule(37)
def test_a_key_of_nobody_is_401(tenant: Tenant) -> None:
    answer = tenant.client.get("/v1/keys", headers={"Authorization": "Bearer crm_nobody"})

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.rule(37)
def test_a_key_without_the_scope_is_403_and_told_which(tenant: Tenant) -> None:
    answer = tenant.client_with("contacts:read").get("/v1/keys")

    assert answer.status_code == 403
    assert answer.json["code"] == "insufficient_scope"
    assert answer.json["scope"] == "keys:manage"


def test_the_scheme_is_read_in_any_case(tenant: Tenant) -> None:
    answer = tenant.client.get("/v1/keys", headers={"Authorization": f"bearer {tenant.key}"})

    assert answer.status_code == 200


def test_a_view_that_declares_no_scope_is_never_served(probe: FlaskClient) -> None:
    answer = probe.get("/probe/undeclared")

    assert answer.status_code == 500
    assert "leaked" not in answer.text


def test_without_the_agreement_everything_else_is_closed(app: Flask) -> None:
    tenant = make_tenant(app, accept_agreement=False)

    answer = tenant.client.get("/v1/keys")

    assert answer.status_code == 403
    assert answer.json["code"] == "agreement_required"
    assert answer.json["link"] == "/v1/agreement/acceptance"
    assert tenant.client.get("/v1/agreement").status_code == 200


def test_accepting_the_agreement_opens_the_service(app: Flask) -> None:
    tenant = make_tenant(app, accept_agreement=False)
    version = tenant.client.get("/v1/agreement").json["version"]

    accepted = {"version": version, "accepted_by": "A Person"}
    answer = tenant.client.post("/v1/agreement/acceptance", json=accepted)

    assert answer.status_code == 201, answer.json
    assert tenant.client.get("/v1/keys").status_code == 200


def test_a_policy_without_an_agreement_asks_for_none(app: Flask) -> None:
    document = {name: value for name, value in load_policy().items() if name != "agreement"}

    tenant = make_tenant(app, policy=document)

    assert tenant.client.get("/v1/keys").status_code == 200


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete("/v1/keys")

    assert answer.status_code == 405
    assert answer.content_type == "application/problem+json"
    assert "GET" in answer.headers["Allow"]


def test_there_is_never_a_redirect_for_slashes(client: FlaskClient) -> None:
    answers = [client.post(path) for path in ("/u/abc/", "/u//abc", "//u/abc", "/v1/keys/")]

    assert not [answer.location for answer in answers if answer.status_code in {301, 302, 307, 308}]
