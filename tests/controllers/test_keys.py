"""Keys: what they are made of, and when they are worthless (rule 37)."""

import hashlib
from datetime import timedelta

import psycopg
import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from psycopg.rows import TupleRow

from crm_service.clock import utcnow
from crm_service.controllers import service
from crm_service.controllers.keys import KeyText
from crm_service.db import transaction
from crm_service.errors import Invalid, Unauthenticated
from tests.factories import Tenant

Admin = psycopg.Connection[TupleRow]


@pytest.mark.rule(37)
def test_a_key_has_a_prefix_256_secret_bits_and_a_checksum() -> None:
    scheme, prefix, secret, checksum = KeyText.create().plaintext.split("_")

    assert (scheme, len(prefix), len(checksum)) == ("crm", 8, 7)
    assert len(secret) * 5 >= 256
    assert KeyText.create() != KeyText.create()


@pytest.mark.rule(37)
@given(st.integers(4, 73), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567_-0 "))
def test_a_single_wrong_character_is_noticed_without_the_database(
    place: int, character: str
) -> None:
    text = KeyText.create().plaintext
    mistyped = text[:place] + character + text[place + 1 :]

    if mistyped == text:
        assert KeyText.parse(mistyped).plaintext == text
    else:
        with pytest.raises(Unauthenticated):
            KeyText.parse(mistyped)


@pytest.mark.rule(37)
def test_only_the_digest_of_the_secret_is_stored(tenant: Tenant, admin: Admin) -> None:
    secret = tenant.key.split("_")[2]

    stored = admin.execute(
        "SELECT secret_sha256, api_keys::text FROM api_keys WHERE controller_id = %s",
        (tenant.controller_id,),
    ).fetchone()

    assert stored is not None
    assert stored[0] == hashlib.sha256(secret.encode()).digest()
    assert secret not in stored[1]


@pytest.mark.rule(37)
def test_a_revoked_key_is_worthless_at_once(tenant: Tenant) -> None:
    client = tenant.client_with("keys:manage")
    own = next(key for key in client.get("/v1/keys").json["items"] if key["name"] == "narrow")

    answer = client.post(f"/v1/keys/{own['id']}/revoke")

    assert answer.json["revoked_at"]
    assert client.get("/v1/keys").status_code == 401
    assert tenant.client.get("/v1/keys").status_code == 200


@pytest.mark.rule(37)
def test_an_expired_key_is_worthless(app: Flask, tenant: Tenant) -> None:
    with transaction(tenant.controller_id) as session:
        key = service.issue_key(
            session,
            tenant.controller_id,
            name="short",
            actor="operator:test",
            expires_at=utcnow() + timedelta(days=1),
        )

    later = time_machine.travel(utcnow() + timedelta(days=2), tick=False)
    with later, pytest.raises(Unauthenticated, match="expired"):
        service.authenticate(key)


@pytest.mark.rule(37)
def test_no_key_is_made_that_has_expired_already(tenant: Tenant) -> None:
    body = {"name": "x", "scopes": ["topics:read"], "expires_at": "2020-01-01T00:00:00Z"}

    answer = tenant.client.post("/v1/keys", json=body)

    assert (answer.status_code, answer.json["code"]) == (422, "already_expired")


@pytest.mark.rule(37)
def test_the_last_use_is_noted_at_most_once_a_minute(tenant: Tenant, admin: Admin) -> None:
    def last_use() -> object:
        found = admin.execute(
            "SELECT last_used_at FROM api_keys WHERE controller_id = %s", (tenant.controller_id,)
        ).fetchone()
        return found and found[0]

    tenant.client.get("/v1/keys")
    first = last_use()
    tenant.client.get("/v1/keys")

    assert first is not None
    assert last_use() == first


@pytest.mark.rule(37)
def test_a_scope_that_does_not_exist_is_refused(app: Flask, tenant: Tenant) -> None:
    with (
        transaction(tenant.controller_id) as session,
        pytest.raises(Invalid, match="scopes"),
    ):
        service.issue_key(
            session, tenant.controller_id, name="x", actor="operator:test", scopes=["all"]
        )


@pytest.mark.rule(37)
def test_the_principal_is_who_holds_the_key(app: Flask, tenant: Tenant) -> None:
    caller = service.authenticate(tenant.key)

    assert (caller.controller_id, caller.controller_slug) == (tenant.controller_id, tenant.slug)
    assert caller.policy_version == 1
    assert caller.actor == f"key:{caller.key_id}"
