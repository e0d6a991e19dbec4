"""Managing keys over HTTP."""

import uuid

import pytest

from tests.factories import Tenant


@pytest.mark.rule(37)
def test_a_new_key_is_shown_once_and_works(tenant: Tenant) -> None:
    answer = tenant.client.post("/v1/keys", json={"name": "campaigns", "scopes": ["keys:manage"]})

    assert answer.status_code == 201, answer.json
    listed = tenant.client.get("/v1/keys")
    assert answer.json["key"] not in listed.text
    assert answer.json["id"] in [key["id"] for key in listed.json["items"]]
    bearer = {"Authorization": f"Bearer {answer.json['key']}"}
    assert tenant.client.get(answer.location, headers=bearer).status_code == 200


@pytest.mark.rule(37)
def test_a_key_cannot_pass_on_what_it_does_not_hold(tenant: Tenant) -> None:
    client = tenant.client_with("keys:manage")

    answer = client.post("/v1/keys", json={"name": "more", "scopes": ["contacts:read"]})

    assert answer.status_code == 403
    assert answer.json["code"] == "scope_not_held"


@pytest.mark.rule(36)
def test_a_key_of_another_controller_is_404(tenant: Tenant, other_tenant: Tenant) -> None:
    theirs = other_tenant.client.get("/v1/keys").json["items"][0]["id"]

    answers = [
        tenant.client.get(f"/v1/keys/{theirs}"),
        tenant.client.post(f"/v1/keys/{theirs}/revoke"),
        tenant.client.get(f"/v1/keys/{uuid.uuid4()}"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert other_tenant.client.get("/v1/keys").status_code == 200


@pytest.mark.rule(37)
def test_revoking_twice_changes_nothing(tenant: Tenant) -> None:
    body = {"name": "x", "scopes": ["topics:read"]}
    key_id = tenant.client.post("/v1/keys", json=body).json["id"]

    first, second = [tenant.client.post(f"/v1/keys/{key_id}/revoke").json for _ in range(2)]

    assert first["revoked_at"] == second["revoked_at"]


@pytest.mark.rule(38)
def test_issuing_and_revoking_are_in_the_audit_log(tenant: Tenant) -> None:
    body = {"name": "x", "scopes": ["topics:read"]}
    key_id = tenant.client.post("/v1/keys", json=body).json["id"]
    tenant.client.post(f"/v1/keys/{key_id}/revoke")

    entries = tenant.client.get("/v1/audit").json["items"]

    found = [e["action"] for e in entries if e["details"].get("key_id") == key_id]
    assert found == ["keys.revoke", "keys.issue"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_expiry_beyond_the_calendar_is_refused(tenant: Tenant, moment: str) -> None:
    body = {"name": "x", "scopes": ["topics:read"], "expires_at": moment}

    assert tenant.client.post("/v1/keys", json=body).status_code == 422
