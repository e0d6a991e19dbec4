"""What a write that is sent again with its ``Idempotency-Key`` does, and answers, in each room."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.rows import TupleRow

from tests.factories import Answer, Tenant

Admin = psycopg.Connection[TupleRow]


def _register(tenant: Tenant) -> str:
    new = {"email": "grace@example.com", "source": {"kind": "person"}}
    contact_id: str = tenant.client.post("/v1/contacts", json=new).json["id"]
    return contact_id


@pytest.mark.rule(37)
def test_a_key_that_is_asked_for_twice_is_made_once_and_shown_once(
    tenant: Tenant, admin: Admin
) -> None:
    body = {"name": "x", "scopes": ["topics:read"]}
    headers = {"Idempotency-Key": "k"}
    before = len(tenant.client.get("/v1/keys").json["items"])

    made, again = [tenant.client.post("/v1/keys", json=body, headers=headers) for _ in range(2)]

    kept = admin.execute(
        "SELECT octet_length(sealed) FROM idempotency_keys WHERE controller_id = %s",
        (tenant.controller_id,),
    ).fetchall()
    assert (made.status_code, again.status_code) == (201, 409)
    assert again.json["code"] == "answered_once"
    assert again.headers["Location"] == made.headers["Location"]
    assert len(tenant.client.get("/v1/keys").json["items"]) == before + 1
    assert [size < len(made.get_data()) for (size,) in kept] == [True]


def test_a_write_without_a_body_is_done_once(tenant: Tenant) -> None:
    made = tenant.client.post("/v1/keys", json={"name": "x", "scopes": ["topics:read"]}).json
    path, headers = f"/v1/keys/{made['id']}/revoke", {"Idempotency-Key": "revoke-1"}

    first, again = [tenant.client.post(path, headers=headers) for _ in range(2)]

    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.get_data() == first.get_data()


def test_a_deletion_that_is_sent_again_is_answered_as_the_first(tenant: Tenant) -> None:
    contact_id = _register(tenant)
    path, headers = f"/v1/contacts/{contact_id}", {"Idempotency-Key": "delete-1"}

    answers = [tenant.client.delete(path, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert tenant.client.delete(path).status_code == 404


def test_a_change_of_another_version_is_another_request(tenant: Tenant) -> None:
    path = f"/v1/contacts/{_register(tenant)}"
    change = {"city": "Tartu"}

    answers = [
        tenant.client.patch(
            path, json=change, headers={"Idempotency-Key": "move-1", "If-Match": version}
        )
        for version in ('"1"', '"1"', '"2"')
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 422]
    assert answers[1].headers["ETag"] == answers[0].headers["ETag"] == '"2"'


@pytest.mark.rule(39)
def test_a_disclosure_is_recorded_once_and_its_answer_kept_for_the_same_request_alone(
    tenant: Tenant, admin: Admin
) -> None:
    contact_id = _register(tenant)
    recipient = {"slug": "mailhouse", "name": "Mailhouse", "kind": "processor", "country": "EE"}
    signed = {"contract": "DPA 1", "confidentiality": "NDA 1"}
    assert tenant.client.post("/v1/recipients", json=recipient | signed).status_code == 201
    asked = {"recipient": "mailhouse", "contact_ids": [contact_id], "fields": ["email"]}
    asked |= {"ground": "processor", "need": "prints labels"}
    headers = {"Idempotency-Key": "d-1"}

    first, again = [
        tenant.client.post("/v1/disclosures", json=asked, headers=headers) for _ in range(2)
    ]

    rows = admin.execute(
        "SELECT key_digest, request_digest, sealed FROM idempotency_keys WHERE controller_id = %s",
        (tenant.controller_id,),
    ).fetchall()
    assert (first.status_code, again.json) == (201, first.json)
    assert len(tenant.client.get("/v1/disclosures").json["items"]) == 1
    assert not any(b"grace" in column for row in rows for column in row)


def test_holds_that_are_placed_at_once_with_one_key_are_one_hold(tenant: Tenant) -> None:
    path = f"/v1/contacts/{_register(tenant)}/holds"
    hold = {"kind": "dispute", "reference": "case 2026/1", "reasons": "a claim is open"}

    def place(_: int) -> Answer:
        return tenant.client.post(path, json=hold, headers={"Idempotency-Key": "hold-1"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(place, range(8)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(tenant.client.get(path).json["items"]) == 1
