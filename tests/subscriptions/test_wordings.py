"""Wordings: servers register them, web forms cite them, and what one says never changes."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories import KeyClient, Tenant
from tests.subscriptions.signing import EMAIL, WORDING

PATH = "/v1/consent-wordings"
DIGEST = hashlib.sha256(WORDING["text"].encode()).hexdigest()
OTHER = {**WORDING, "text": "Yes, and sell my address."}
NEXT = {**WORDING, "version": "newsletter v4"}


def sign_up(key: KeyClient, wording: dict[str, Any]) -> Any:
    body = {"email": EMAIL, "topics": ["news"], "wording": wording}
    return key.post("/v1/subscriptions", json=body)


def listed(tenant: Tenant) -> list[Any]:
    items: list[Any] = tenant.client.get(PATH).json["items"]
    return items


@pytest.mark.rule(17)
@pytest.mark.parametrize(
    "wording", [NEXT, {"version": "newsletter v4"}, {**WORDING, "language": "et"}]
)
def test_a_web_page_cannot_register_a_wording(
    form: KeyClient, tenant: Tenant, wording: dict[str, Any]
) -> None:
    before = listed(tenant)

    refused = sign_up(form, wording)

    assert (refused.status_code, refused.json["code"]) == (422, "wording_unknown")
    assert "POST /v1/consent-wordings" in refused.json["detail"]
    assert listed(tenant) == before
    assert tenant.client.post(PATH, json=NEXT).status_code == 201


@pytest.mark.rule(17)
def test_a_web_page_cannot_say_another_text_under_a_registered_version(form: KeyClient) -> None:
    refused = sign_up(form, OTHER)

    assert (refused.status_code, refused.json["code"]) == (409, "wording_differs")


@pytest.mark.rule(37)
def test_a_key_for_browsers_neither_registers_nor_lists_wordings(form: KeyClient) -> None:
    assert form.post(PATH, json=NEXT).status_code == 403
    assert form.get(PATH).status_code == 403


@pytest.mark.rule(17)
@pytest.mark.parametrize(
    "cited",
    [
        WORDING,
        {"version": WORDING["version"]},
        {"version": WORDING["version"], "language": "en"},
        {"version": WORDING["version"], "sha256": DIGEST},
    ],
)
def test_a_sign_up_is_kept_with_the_wording_as_it_was_registered(
    form: KeyClient, tenant: Tenant, admin: Any, cited: dict[str, str]
) -> None:
    assert sign_up(form, cited).status_code == 202

    query = "SELECT evidence -> 'wording' FROM subscription_requests WHERE controller_id = %s"
    assert admin.execute(query, (tenant.controller_id,)).fetchall() == [(WORDING,)]


def test_a_wording_in_several_languages_is_cited_with_one(form: KeyClient, tenant: Tenant) -> None:
    estonian = {"version": WORDING["version"], "language": "et", "text": "Jah, kirjutage mulle."}
    tenant.client.post(PATH, json=estonian)

    refused = sign_up(form, {"version": WORDING["version"]})

    assert (refused.status_code, refused.json["code"]) == (422, "wording_unknown")
    assert "wording.language" in refused.json["errors"]
    assert sign_up(form, {"version": WORDING["version"], "language": "et"}).status_code == 202


def test_a_server_still_registers_a_wording_by_citing_it(form: KeyClient, tenant: Tenant) -> None:
    assert sign_up(tenant.client, NEXT).status_code == 202

    assert [one["version"] for one in listed(tenant)] == [WORDING["version"], NEXT["version"]]
    assert sign_up(form, NEXT).status_code == 202


@pytest.mark.rule(17)
def test_a_registered_wording_never_changes(tenant: Tenant) -> None:
    created = tenant.client.post(PATH, json=WORDING)
    again = tenant.client.post(PATH, json={**WORDING, "sha256": DIGEST})
    differs = tenant.client.post(PATH, json=OTHER)
    contradicts = tenant.client.post(PATH, json={**NEXT, "sha256": "0" * 64})

    assert (created.status_code, again.status_code) == (201, 200)
    assert created.json == again.json
    assert {**WORDING, "sha256": DIGEST}.items() <= created.json.items()
    assert (differs.status_code, differs.json["code"]) == (409, "wording_differs")
    assert (contradicts.status_code, contradicts.json["code"]) == (422, "wording_differs")
    assert listed(tenant) == [created.json]


@pytest.mark.rule(17)
def test_a_wording_known_by_its_digest_takes_its_text_and_no_other(tenant: Tenant) -> None:
    by_digest = {"version": WORDING["version"], "language": "en", "sha256": DIGEST}

    first = tenant.client.post(PATH, json=by_digest)
    differs = tenant.client.post(PATH, json=OTHER)
    completed = tenant.client.post(PATH, json=WORDING)

    assert (first.status_code, first.json["text"]) == (201, None)
    assert differs.status_code == 409
    assert (completed.status_code, completed.json["text"]) == (200, WORDING["text"])


@pytest.mark.parametrize(
    "body", [{"version": "v1"}, {"text": "Yes."}, {"version": "v1", "text": "Yes.", "more": 1}]
)
def test_a_wording_says_its_version_and_a_text_or_digest(
    tenant: Tenant, body: dict[str, Any]
) -> None:
    refused = tenant.client.post(PATH, json=body)

    assert (refused.status_code, refused.json["code"]) == (422, "invalid_request")


def test_wordings_are_listed_page_by_page_each_once(tenant: Tenant) -> None:
    for number in range(5):
        new = {"version": f"v{number} mari@example.com", "text": f"Text {number}."}
        tenant.client.post(PATH, json=new)

    def pages(query: dict[str, Any]) -> Iterator[str]:
        page = tenant.client.get(PATH, query_string=query).json
        yield from (one["text"] for one in page["items"])
        if page["next_cursor"]:
            yield from pages(query | {"cursor": page["next_cursor"]})

    assert list(pages({"limit": 2})) == [f"Text {number}." for number in range(5)]


@pytest.mark.rule(38)
def test_who_registered_a_wording_is_in_the_audit_log_once(tenant: Tenant, admin: Any) -> None:
    for _ in range(2):
        tenant.client.post(PATH, json=WORDING)

    query = (
        "SELECT details FROM audit_entries"
        " WHERE controller_id = %s AND action = 'permissions.register_wording'"
    )
    [(details,)] = admin.execute(query, (tenant.controller_id,)).fetchall()
    assert details == {"version": WORDING["version"], "language": "en", "sha256": DIGEST}


@pytest.mark.rule(36)
def test_another_controllers_wording_is_unknown(form: KeyClient, other_tenant: Tenant) -> None:
    other_tenant.client.post(PATH, json=NEXT)

    assert sign_up(form, NEXT).json["code"] == "wording_unknown"
    assert [one["version"] for one in listed(other_tenant)] == [NEXT["version"]]
