"""Pages show everything once; a cursor works only where it was issued (rule 36)."""

import pytest

from tests.factories import Tenant


def _make_keys(tenant: Tenant, number: int) -> None:
    for index in range(number):
        tenant.client.post("/v1/keys", json={"name": f"n{index}", "scopes": ["topics:read"]})


def test_walking_the_pages_shows_every_item_once(tenant: Tenant) -> None:
    _make_keys(tenant, 4)

    pages = [tenant.client.get("/v1/keys?limit=2").json]
    while cursor := pages[-1]["next_cursor"]:
        pages.append(tenant.client.get(f"/v1/keys?limit=2&cursor={cursor}").json)

    names = [key["name"] for page in pages for key in page["items"]]
    assert [len(page["items"]) for page in pages] == [2, 2, 1]
    assert sorted(names) == ["n0", "n1", "n2", "n3", "test"]


@pytest.mark.rule(36)
def test_a_cursor_of_somebody_else_is_refused(tenant: Tenant, other_tenant: Tenant) -> None:
    _make_keys(tenant, 1)
    cursor = tenant.client.get("/v1/keys?limit=1").json["next_cursor"]

    answer = other_tenant.client.get(f"/v1/keys?cursor={cursor}")

    assert answer.status_code == 400
    assert answer.json["code"] == "invalid_cursor"


def test_a_cursor_of_another_list_is_refused(tenant: Tenant) -> None:
    _make_keys(tenant, 1)
    cursor = tenant.client.get("/v1/keys?limit=1").json["next_cursor"]

    assert tenant.client.get(f"/v1/audit?cursor={cursor}").json["code"] == "invalid_cursor"


@pytest.mark.parametrize("cursor", ["a", "ab", "!!", "a" * 48])
def test_an_invented_cursor_is_refused(tenant: Tenant, cursor: str) -> None:
    assert tenant.client.get(f"/v1/keys?cursor={cursor}").json["code"] == "invalid_cursor"
