"""Keys that stand in web pages, and what such a page may not send."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from crm_service.errors import Invalid
from tests.contacts.register import register
from tests.factories import KeyClient, Tenant
from tests.subscriptions.signing import EMAIL, ORIGIN, WORDING, browser_key, sign_up


@pytest.mark.rule(37)
@pytest.mark.parametrize("origin", [None, "https://evil.example.org", "null"])
def test_a_key_for_browsers_works_on_its_own_pages_and_does_nothing_else(
    form: KeyClient, tenant: Tenant, origin: str | None
) -> None:
    elsewhere = tenant.app.test_client()
    if origin:
        elsewhere.environ_base["HTTP_ORIGIN"] = origin

    refused = sign_up(KeyClient(elsewhere, form.key))
    allowed = sign_up(form)

    assert (refused.status_code, refused.json["code"]) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert form.get("/v1/contacts").status_code == 403
    assert form.post("/v1/contacts/lookup", json={"email": EMAIL}).status_code == 403


def test_a_browser_may_ask_what_it_may_send(client: FlaskClient) -> None:
    answer = client.options("/v1/subscriptions", headers={"Origin": ORIGIN})

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "facts",
    [
        {"scopes": ["subscriptions:create", "contacts:read"]},
        {"origins": []},
        {"origins": ["*"]},
        {"origins": ["https://www.example.com/form"]},
        {"origins": ["http://www.example.com"]},
    ],
)
def test_a_key_for_browsers_can_be_nothing_else(tenant: Tenant, facts: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        browser_key(tenant, **facts)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"email": "mari@example.com\r\nBcc: all@example.com"}, 422, "invalid_address"),
        ({"topics": ["nothing"]}, 422, "unknown_topic"),
        ({"topics": []}, 422, "invalid_request"),
        ({"wording": {"language": "en"}}, 422, "invalid_request"),
        ({"page": "/join\r\nX: y"}, 422, "invalid_request"),
        ({"note": "more"}, 422, "invalid_request"),
    ],
)
def test_what_cannot_be_signed_up_is_refused(
    form: KeyClient, change: dict[str, Any], status: int, code: str
) -> None:
    body = {"email": EMAIL, "topics": ["news"], "wording": WORDING, **change}

    answer = form.post("/v1/subscriptions", json=body)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_form_without_json_is_refused(form: KeyClient) -> None:
    answer = form.post("/v1/subscriptions", data={"email": EMAIL})

    assert answer.status_code == 415


@pytest.mark.clause("si-19")
def test_sign_ups_of_one_address_are_limited_known_or_not(form: KeyClient, tenant: Tenant) -> None:
    register(tenant)

    for email in (EMAIL, "nobody@example.org"):
        assert [sign_up(form, email).status_code for _ in range(6)] == [202] * 5 + [429]
