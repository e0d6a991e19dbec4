"""Every failure is a problem detail that says nothing it should not."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg_pool import ConnectionPool

from crm_service.controllers.keys import KeyText
from crm_service.db import hot_pool


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("serialization", "try_again"),
        ("deadlock", "try_again"),
        ("disk", "storage_full"),
        ("orm", "storage_full"),
        ("admin", "database_unavailable"),
        ("lost", "database_unavailable"),
        ("pool", "database_unavailable"),
    ],
)
def test_what_passes_is_503_and_says_when_to_come_back(
    probe: FlaskClient, name: str, code: str
) -> None:
    answer = probe.get(f"/probe/fails/{name}")

    assert answer.status_code == 503
    assert answer.get_json()["code"] == code
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.rule(39)
@pytest.mark.parametrize("name", ["defect", "bug"])
def test_a_defect_is_500_and_tells_nothing(probe: FlaskClient, name: str) -> None:
    answer = probe.get(f"/probe/fails/{name}")

    assert answer.status_code == 500
    assert answer.get_json()["code"] == "internal_error"
    assert "example.com" not in answer.text


def test_a_domain_error_brings_its_facts_but_cannot_overrule_the_answer(
    probe: FlaskClient,
) -> None:
    answer = probe.get("/probe/fails/conflict")

    facts = answer.get_json()
    assert answer.status_code == facts["status"] == 409
    assert (facts["code"], facts["contact_id"]) == ("taken", "7")
    assert "example.com" not in facts["detail"]


def test_every_member_of_rfc_9457_is_there(client: FlaskClient) -> None:
    facts = client.get("/nowhere").get_json()

    assert set(facts) == {"type", "title", "status", "detail", "code", "request_id"}


@pytest.fixture
def without_database(probe_app: Flask) -> Iterator[None]:
    """Point the hot pool at a port where nothing listens."""
    hot_pool.close(probe_app)
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    with ConnectionPool(nowhere, min_size=1, timeout=0.2, open=True) as pool:
        probe_app.extensions["crm.pool"] = pool
        yield
    probe_app.extensions.pop("crm.pool")


@pytest.mark.rule(21)
@pytest.mark.usefixtures("without_database")
def test_an_unreachable_database_is_503_never_a_yes(probe: FlaskClient) -> None:
    key = KeyText.create().plaintext

    answer = probe.get("/v1/keys", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 503
    assert answer.get_json()["code"] == "database_unavailable"
    assert probe.get("/readyz").status_code == 503
    assert probe.get("/livez").status_code == 200
