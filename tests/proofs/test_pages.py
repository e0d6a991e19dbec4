"""Where one-time links lead: opening one uses nothing up, and those that do not work are alike."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from crm_service.db import driver_connection, transaction
from crm_service.pages import rendering
from crm_service.proofs import service
from crm_service.proofs.service import Proof
from crm_service.web import limits
from tests.factories import Tenant
from tests.proofs.people import add_contact, ask, token_of

OWN = {"Sec-Fetch-Site": "same-origin"}


class Probe:
    """A room's pages that only redeem."""

    def show(self, _proof: Proof, _token: str) -> Response:
        """Show a button."""
        return Response("ask")

    def act(self, proof: Proof, _token: str) -> Response:
        """Use the proof up."""
        with transaction(proof.controller_id) as session:
            connection = driver_connection(session)
            service.redeem(connection, proof.controller_id, proof.id, purpose=proof.purpose)
        return Response("done")


@pytest.fixture(autouse=True)
def probe(app: Flask) -> Iterator[None]:
    """The pages of the purpose rights, for these tests."""
    pages = app.extensions["crm.proof_pages"]
    before = dict(pages)
    pages["rights"] = Probe()
    yield
    pages.clear()
    pages.update(before)


def _path(tenant: Tenant, **facts: object) -> str:
    issued = ask(tenant, add_contact(tenant), purpose="rights", **facts)
    return f"/p/{token_of(issued)}"


def test_opening_changes_nothing_and_the_button_works_once(
    tenant: Tenant, client: FlaskClient
) -> None:
    path = _path(tenant)

    opened = [client.get(path).text, client.head(path).status_code, client.get(path.upper()).text]
    pressed = [client.post(path, headers=OWN) for _ in range(2)]

    assert opened == ["ask", 200, "ask"]
    assert [answer.status_code for answer in pressed] == [200, 404]
    assert client.get(path).status_code == 404


def test_links_that_do_not_work_are_answered_alike(tenant: Tenant, client: FlaskClient) -> None:
    expired = _path(tenant, valid_for=timedelta(0))
    forged = f"/p/{'a' * 56}"

    answers = [client.get(path) for path in (expired, forged, "/p/x", "/p/" + "ö" * 90)]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.text for answer in answers}) == 1
    assert "This link no longer works" in answers[0].text
    assert answers[0].headers["X-Robots-Tag"] == rendering.HEADERS["X-Robots-Tag"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "https://crm.example.com"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "null"}, 200),
        ({"Origin": "https://evil.example.net"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://crm.example.com"}, 403),
    ],
)
def test_a_form_of_another_site_does_nothing(
    tenant: Tenant, client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    path = _path(tenant)

    answer = client.post(path, headers=headers)

    assert answer.status_code == status
    assert client.get(path).status_code == (404 if status == 200 else 200)


def test_who_tries_many_links_has_to_wait(client: FlaskClient) -> None:
    quota = limits.UNKNOWN_LINKS.quota

    answers = [client.get("/p/x") for _ in range(quota)]
    # While they were answered some tokens came back.
    refused = client.get("/p/x")
    while refused.status_code == 404 and len(answers) < 10 * quota:
        answers.append(refused)
        refused = client.get("/p/x")

    assert {answer.status_code for answer in answers} == {404}
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert "Please wait a little" in refused.text


def test_refusals_speak_the_readers_language(client: FlaskClient) -> None:
    answer = client.get("/p/x", headers={"Accept-Language": "sl"})

    assert "Ta povezava ne deluje več" in answer.text
    assert answer.headers["Content-Language"] == "sl"
