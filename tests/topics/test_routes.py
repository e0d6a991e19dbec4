from typing import Any

import pytest

from tests.factories import Tenant

NEWS: dict[str, Any] = {"slug": "news", "name": {"en": "News"}, "category": "marketing"}

MARKETING = "allowed by the policy for marketing: marketing"


def test_a_created_topic_is_answered_and_found(tenant: Tenant) -> None:
    created = tenant.client.post("/v1/topics", json=NEWS)
    found = tenant.client.get("/v1/topics/news")

    assert created.status_code == 201, created.json
    assert created.headers["Location"] == "/v1/topics/news"
    assert found.json == created.json
    expected = NEWS | {"description": {}, "purpose": "marketing", "archived_at": None}
    assert expected.items() <= created.json.items()
    assert "link_ref" not in created.json


def test_a_second_topic_of_the_slug_is_refused(tenant: Tenant) -> None:
    tenant.client.post("/v1/topics", json=NEWS)

    answer = tenant.client.post("/v1/topics", json=NEWS)

    assert (answer.status_code, answer.json["code"]) == (409, "topic_exists")


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"category": "promo"}, "category", "allowed: marketing, service"),
        ({"slug": "Nëws"}, "slug", "allowed: 1 to 63 of a-z"),
        ({"slug": "news\n"}, "slug", "allowed: 1 to 63 of a-z"),
        ({"name": {}}, "name", "at least one language"),
        ({"name": "News"}, "name", "Not a valid mapping type."),
        ({"name": {"en": 7}}, "name.en.value", "Not a valid string."),
        ({"name": {"elvish": "x"}}, "name", "language codes"),
        ({"purpose": "lottery"}, "purpose", MARKETING),
        ({"audience": "all"}, "audience", "Unknown field."),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(
    tenant: Tenant, changes: dict[str, object], field: str, said: str
) -> None:
    answer = tenant.client.post("/v1/topics", json=NEWS | changes)

    assert answer.status_code == 422
    assert said in answer.json["errors"][field][0]
    assert tenant.client.get("/v1/topics").json["items"] == []


def test_topics_are_listed_in_pages_by_slug(tenant: Tenant) -> None:
    slugs = ["a_1", "a-1", "b", "a1", "zeta"]
    for slug in slugs:
        tenant.client.post("/v1/topics", json=NEWS | {"slug": slug})
    listed, cursor = [], ""

    while True:
        page = tenant.client.get(f"/v1/topics?limit=2{cursor}").json
        listed += [topic["slug"] for topic in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert listed == sorted(slugs)


def test_name_and_description_can_be_changed_and_nothing_else(tenant: Tenant) -> None:
    tenant.client.post("/v1/topics", json=NEWS)

    renamed = tenant.client.patch("/v1/topics/news", json={"name": {"et": "Uudised"}})
    described = tenant.client.patch("/v1/topics/news", json={"description": {"et": "Kord kuus"}})
    refused = tenant.client.patch("/v1/topics/news", json={"category": "service"})

    assert renamed.json["name"] == {"et": "Uudised"}
    assert described.json["name"] == {"et": "Uudised"}
    assert described.json["description"] == {"et": "Kord kuus"}
    assert refused.status_code == 422


def test_a_topic_cannot_lose_its_name(tenant: Tenant) -> None:
    tenant.client.post("/v1/topics", json=NEWS)

    answer = tenant.client.patch("/v1/topics/news", json={"name": {}})

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_topic")
    assert tenant.client.get("/v1/topics/news").json["name"] == {"en": "News"}


@pytest.mark.rule(7)
def test_an_archived_topic_is_read_but_no_longer_listed(tenant: Tenant) -> None:
    tenant.client.post("/v1/topics", json=NEWS)

    archived = tenant.client.delete("/v1/topics/news")

    assert archived.status_code == 200
    assert archived.json["archived_at"]
    assert tenant.client.get("/v1/topics/news").json == archived.json
    assert tenant.client.get("/v1/topics").json["items"] == []
    assert tenant.client.get("/v1/topics?archived=true").json["items"] == [archived.json]


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_an_unknown_topic_is_not_found(tenant: Tenant, method: str) -> None:
    options = {"json": {"name": {"en": "x"}}} if method == "patch" else {}

    answer = getattr(tenant.client, method)("/v1/topics/nothing", **options)

    assert (answer.status_code, answer.json["code"]) == (404, "unknown_topic")


@pytest.mark.rule(36)
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_another_controllers_topic_is_not_found(
    tenant: Tenant, other_tenant: Tenant, method: str
) -> None:
    other_tenant.client.post("/v1/topics", json=NEWS)
    options = {"json": {"name": {"en": "x"}}} if method == "patch" else {}

    answer = getattr(tenant.client, method)("/v1/topics/news", **options)

    assert answer.status_code == 404
    assert other_tenant.client.get("/v1/topics/news").json["archived_at"] is None


@pytest.mark.rule(37)
def test_reading_topics_does_not_permit_writing_them(tenant: Tenant) -> None:
    reader = tenant.client_with("topics:read")

    answer = reader.post("/v1/topics", json=NEWS)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")
