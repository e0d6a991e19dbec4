import pytest

from tests.factories import Tenant


@pytest.mark.rule(37)
def test_a_new_key_is_shown_once_and_works(tenant: Tenant) -> None:
    answer = tenant.client.post("/v1/keys", json={"name": "campaigns", "scopes": ["keys:manage"]})

    assert answer.status_code == 201, answer.json
    listed = tenant.client.get("/v1/keys").json
    assert answer.json["key"] not in str(listed)
    assert answer.json["id"] in [key["id"] for key in listed["items"]]
