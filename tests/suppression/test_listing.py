import uuid
from typing import Any

import pytest

from tests.factories import Tenant
from tests.permissions.person import Person, audited

REASONS = ["manual", "complaint", "unsubscribe"]


@pytest.fixture
def made(tenant: Tenant) -> list[dict[str, Any]]:
    """Seven blocks, the third of them lifted again, in the order of their ids."""
    blocks = [
        tenant.client.post(
            "/v1/suppressions",
            json={"email": f"p{n}@example.com", "scope": "all", "reason": REASONS[n % 3]},
        ).json
        for n in range(7)
    ]
    lifted = tenant.client.post(
        f"/v1/suppressions/{blocks[2]['id']}/lift", json={"justification": "asked for by letter"}
    )
    assert lifted.status_code == 200
    return sorted(blocks, key=lambda one: uuid.UUID(one["id"]).bytes)


def pages(tenant: Tenant, **query: Any) -> list[list[str]]:
    """Return the ids of every page."""
    found = []
    while True:
        answer = tenant.client.get("/v1/suppressions", query_string=query).json
        found.append([one["id"] for one in answer["items"]])
        if answer["next_cursor"] is None:
            return found
        query["cursor"] = answer["next_cursor"]


@pytest.mark.parametrize("limit", [1, 4, 6, 7, 1000])
def test_pages_hold_every_block_once_in_order(
    tenant: Tenant, made: list[dict[str, Any]], limit: int
) -> None:
    read = pages(tenant, limit=limit, include_lifted="true")

    assert [one for page in read for one in page] == [one["id"] for one in made]
    assert {len(page) for page in read[:-1]} <= {limit}


def test_lifted_blocks_are_listed_only_when_asked_for(
    tenant: Tenant, made: list[dict[str, Any]]
) -> None:
    listed = [one for page in pages(tenant) for one in page]

    assert len(made) - len(listed) == 1
    assert set(listed) < {one["id"] for one in made}


def test_a_reason_narrows_the_list(tenant: Tenant, made: list[dict[str, Any]]) -> None:
    expected = [one["id"] for one in made if one["reason"] == "complaint"]

    assert pages(tenant, reason="complaint", limit=2) == [expected]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 1001}, {"reason": "mood"}, {"a": "b"}])
def test_a_wrong_query_is_refused(tenant: Tenant, query: dict[str, Any]) -> None:
    assert tenant.client.get("/v1/suppressions", query_string=query).status_code == 422


def test_a_block_can_be_read_by_its_id(tenant: Tenant, made: list[dict[str, Any]]) -> None:
    one = made[0]

    read = tenant.client.get(f"/v1/suppressions/{one['id']}").json

    assert {name: read[name] for name in ("id", "address_key", "scope", "reason")} == {
        name: one[name] for name in ("id", "address_key", "scope", "reason")
    }


@pytest.mark.rule(36)
def test_another_controller_sees_none_of_them(
    made: list[dict[str, Any]], other_tenant: Tenant
) -> None:
    client, path = other_tenant.client, f"/v1/suppressions/{made[0]['id']}"

    lifted = client.post(f"{path}/lift", json={"justification": "asked for by letter"})

    assert (client.get(path).status_code, lifted.status_code) == (404, 404)
    assert lifted.json["code"] == "suppression_not_found"
    assert pages(other_tenant, include_lifted="true") == [[]]


@pytest.mark.rule(38)
def test_every_look_at_the_list_is_audited_once_with_its_count(
    mari: Person, tenant: Tenant
) -> None:
    mari.suppress("manual")
    [listed] = pages(tenant)
    tenant.client.get(f"/v1/suppressions/{listed[0]}")
    mari.blocks()

    [listing] = audited(mari.admin, tenant, "suppressions.list")
    [reading] = audited(mari.admin, tenant, "suppressions.read")
    [looking] = audited(mari.admin, tenant, "suppressions.lookup")
    assert (listing["count"], looking["count"]) == (1, 1)
    assert reading["subject_id"] == str(mari.id)
