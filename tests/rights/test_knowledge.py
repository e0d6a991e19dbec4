"""What everybody may know: page and JSON, generated from the policy."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crm_service.policies import rights
from crm_service.policies.vocabulary import BASES, CHANNELS, CONTACT_FIELDS
from crm_service.rights import labels, states
from tests.factories import Tenant, load_policy, make_tenant
from tests.policies.tenants import activate
from tests.rights.asking import under

LANGUAGES = ("en", "et", "nb", "sl", "sv", "ru")


def said_as_json(client: FlaskClient, path: str, **headers: str) -> Any:
    return client.get(path, headers=headers).get_json()


@pytest.mark.clause("no-07", "ws-07")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cantec-no", ["Cantec AS", "Datatilsynet", "Markedsføring", "14 dager"]),
        ("cantec-ee", ["Mehaanika 12", "Andmekaitse Inspektsioon", "5 aastat", "7 tööpäeva"]),
        ("tenzor", ["gdpr@tenzor.si", "Informacijski pooblaščenec", "15 dni", "Trženje"]),
        ("websystems", ["Web Systems OÜ", "Andmekaitse Inspektsioon"]),
        ("cadcraft", ["Integritetsskyddsmyndigheten", "1 månad"]),
    ],
)
def test_anyone_asking_reads_what_the_policy_says(
    app: Flask, client: FlaskClient, name: str, said: list[str]
) -> None:
    tenant = under(app, name)

    page = client.get(f"/c/{tenant.slug}/privacy")

    assert page.status_code == 200
    assert [text for text in said if text not in page.text] == []


@pytest.mark.clause("no-07", "si-21")
def test_programs_read_the_same_as_json(client: FlaskClient, tenant: Tenant) -> None:
    path = f"/c/{tenant.slug}/privacy"

    found = said_as_json(client, path, Accept="application/json")
    named = said_as_json(client, f"{path}.json")

    assert found == named
    assert found["controller"]["address"] == "Mehaanika 12, 10616 Tallinn, Estonia"
    [marketing] = [one for one in found["purposes"] if one["purpose"] == "marketing"]
    assert {"basis": "consent", "term": "P5Y", "term_from": "added_at"} in marketing["bases"]
    assert {"kind": "access", "due": {"working_days": 7}} in found["rights"]["kinds"]
    assert found["rights"]["url"].endswith(f"/c/{tenant.slug}/rights")
    assert found["authority"]["url"] == "https://www.aki.ee"
    assert len(found["recipients"]) == 3


@pytest.mark.clause("si-21", "ee-19")
def test_the_active_version_is_shown_with_its_date_and_the_earlier_ones(
    client: FlaskClient, tenant: Tenant
) -> None:
    changed = load_policy() | {"default_language": "en"}
    activate(tenant, changed)

    found = said_as_json(client, f"/c/{tenant.slug}/privacy.json")["policy"]
    page = client.get(f"/c/{tenant.slug}/privacy").text

    assert (found["version"], [one["version"] for one in found["earlier"]]) == (2, [1])
    assert page.count("in force since") == 2


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_an_unknown_controller_and_one_that_keeps_to_itself_look_alike(
    app: Flask, client: FlaskClient, accept: str
) -> None:
    hidden = make_tenant(app, policy=load_policy() | {"publication": {"right_to_know": False}})

    answers = [
        client.get(f"/c/{slug}/privacy", headers={"Accept": accept})
        for slug in (hidden.slug, "nobody-at-all")
    ]

    assert {answer.status_code for answer in answers} == {404}
    bodies = [(answer.get_json(silent=True) or {}).get("code", answer.text) for answer in answers]
    assert bodies[0].replace(hidden.slug, "") == bodies[1].replace("nobody-at-all", "")


def test_every_code_of_a_policy_has_a_name_in_every_language(app: Flask) -> None:
    with app.test_request_context("/"):
        assert labels.bases().keys() == set(BASES)
        assert labels.channels().keys() == set(CHANNELS)
        assert labels.fields().keys() == set(CONTACT_FIELDS)
        assert labels.rights().keys() == set(rights.KINDS)
        assert labels.statuses().keys() == set(states.STATUSES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_in_the_language_asked_for(
    client: FlaskClient, tenant: Tenant, language: str
) -> None:
    for page in ("privacy", "rights"):
        answer = client.get(f"/c/{tenant.slug}/{page}?lang={language}")
        assert answer.headers["Content-Language"] == language
        assert "Set-Cookie" not in answer.headers
        assert ("How we process your data" in answer.text) is (language == "en")
