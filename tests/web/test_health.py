"""Alive, and able to serve."""

import psycopg
from flask import Flask
from flask.testing import FlaskClient

from crm_service.app import newest_revision
from crm_service.keyring import Keyring


def test_alive_asks_nobody(client: FlaskClient) -> None:
    assert client.get("/livez").get_json() == {"status": "ok"}


def test_ready_with_the_database_of_this_release(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200, answer.get_json()


def test_not_ready_with_another_releases_database(probe_app: Flask) -> None:
    probe_app.extensions["crm.revision"] = lambda: "9999"
    try:
        answer = probe_app.test_client().get("/readyz")
    finally:
        probe_app.extensions["crm.revision"] = newest_revision

    assert answer.status_code == 503
    assert answer.get_json()["code"] == "migrations_pending"


def test_not_ready_with_another_keyring(probe: FlaskClient, admin: psycopg.Connection) -> None:
    other = Keyring.create().fingerprint("link", 1)
    with admin.transaction(force_rollback=False):
        admin.execute("INSERT INTO keyring_fingerprints VALUES ('link', 250, %s)", (other,))
    try:
        answer = probe.get("/readyz")
    finally:
        admin.execute("DELETE FROM keyring_fingerprints WHERE version = 250")

    assert answer.status_code == 503
    assert answer.get_json()["code"] == "keyring_mismatch"
