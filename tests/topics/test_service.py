import secrets
from collections.abc import Mapping

import pytest
from flask import Flask

from crm_service.db import pipeline
from crm_service.errors import Conflict, Invalid, NotFound
from crm_service.policies import service as policies_service
from crm_service.topics import service
from crm_service.topics.service import Topic
from tests.factories import Tenant, make_tenant
from tests.policies.documents import other

NEWS = {"en": "News", "et": "Uudised"}


def create(
    tenant: Tenant,
    slug: str = "news",
    *,
    name: Mapping[str, str] = NEWS,
    category: str = "marketing",
    purpose: str | None = None,
    description: Mapping[str, str] | None = None,
) -> Topic:
    with pipeline(tenant.controller_id) as connection:
        return service.create(
            connection,
            tenant.controller_id,
            slug=slug,
            name=name,
            category=category,
            purpose=purpose,
            description=description,
        )


def archive(tenant: Tenant, slug: str) -> Topic:
    with pipeline(tenant.controller_id) as connection:
        return service.archive(connection, tenant.controller_id, slug)


def ensure(tenant: Tenant, *slugs: str) -> dict[str, Topic]:
    with pipeline(tenant.controller_id) as connection:
        return service.ensure(connection, tenant.controller_id, slugs)


def test_a_topic_is_found_as_it_was_created(tenant: Tenant) -> None:
    created = create(tenant, description={"en": "Twice a month"})

    with pipeline(tenant.controller_id) as connection:
        found = service.find(connection, tenant.controller_id, "news")

    assert found == created
    assert (created.name, created.description) == (NEWS, {"en": "Twice a month"})
    assert 0 < created.link_ref < 2**32
    assert created.archived_at is None


@pytest.mark.parametrize("category", ["marketing", "service"])
def test_the_purpose_defaults_to_the_one_named_like_the_category(
    tenant: Tenant, category: str
) -> None:
    assert create(tenant, category=category).purpose == category


MARKETING = "allowed by the policy for marketing: marketing"


@pytest.mark.rule(17)
@pytest.mark.parametrize(
    ("category", "purpose", "said"),
    [
        ("marketing", "lottery", MARKETING),
        ("marketing", "service", MARKETING),
        ("service", "marketing", "allowed by the policy for service: service"),
        ("service", "publication", "allowed by the policy for service: service"),
    ],
)
def test_a_topic_for_a_purpose_that_the_policy_lacks_is_refused(
    tenant: Tenant, category: str, purpose: str, said: str
) -> None:
    with pytest.raises(Invalid) as refused:
        create(tenant, category=category, purpose=purpose)

    assert refused.value.errors == {"purpose": [said]}


def test_purposes_are_the_policys_own(app: Flask) -> None:
    fair = make_tenant(app, policy=other("until_unsubscribed"))

    topic = create(fair, "courses", purpose="training", name={"sl": "Tečaji"})

    assert (topic.category, topic.purpose) == ("marketing", "training")


def test_every_mistake_is_named_at_once(tenant: Tenant) -> None:
    with pytest.raises(Invalid) as refused:
        create(tenant, "New s!", name={}, category="promo", description={"klingon": "nuqneH"})

    assert refused.value.code == "invalid_topic"
    assert set(refused.value.errors) == {"slug", "name", "category", "description"}
    assert refused.value.errors["category"] == ["allowed: marketing, service"]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ({"EN": "News"}, "name"),
        ({"english": "News"}, "name"),
        ({"xx": "News"}, "name"),
        ({"en": " "}, "name.en"),
        ({"en": "N" * 501}, "name.en"),
    ],
)
def test_a_name_is_text_by_language(tenant: Tenant, name: dict[str, str], place: str) -> None:
    with pytest.raises(Invalid) as refused:
        create(tenant, name=name)

    assert set(refused.value.errors) == {place}


def test_a_taken_slug_is_a_conflict_even_after_archiving(tenant: Tenant) -> None:
    create(tenant)
    archive(tenant, "news")

    with pytest.raises(Conflict) as refused:
        create(tenant)

    assert refused.value.code == "topic_exists"


def test_a_taken_link_reference_is_drawn_again(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = create(tenant, "news").link_ref
    draws = iter([taken - 1, taken - 1, 4_000_000_000])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(draws))

    topic = create(tenant, "offers")

    assert topic.link_ref == 4_000_000_001


@pytest.mark.rule(7)
def test_an_archived_topic_is_kept_and_stays_archived(tenant: Tenant) -> None:
    created = create(tenant)

    first = archive(tenant, "news")
    again = archive(tenant, "news")

    assert first.archived_at is not None
    assert again == first
    assert (first.id, first.link_ref) == (created.id, created.link_ref)


def test_archiving_what_never_was_is_not_found(tenant: Tenant) -> None:
    with pytest.raises(NotFound) as refused:
        archive(tenant, "nothing")

    assert refused.value.code == "unknown_topic"


def test_missing_topics_are_created_for_marketing_in_the_default_language(tenant: Tenant) -> None:
    known = create(tenant, "news")

    topics = ensure(tenant, "news", "summer-offers", "news", "summer-offers")

    assert topics["news"] == known
    assert topics["summer-offers"].name == {"et": "summer offers"}
    assert topics["summer-offers"].purpose == "marketing"
    assert set(topics) == {"news", "summer-offers"}


@pytest.mark.rule(7)
def test_ensuring_an_archived_topic_does_not_wake_it(tenant: Tenant) -> None:
    create(tenant, "news")
    archive(tenant, "news")

    assert ensure(tenant, "news")["news"].archived_at is not None


def test_ensuring_known_topics_asks_for_no_policy(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(tenant, "news")
    monkeypatch.delattr(policies_service, "active")

    assert set(ensure(tenant, "news")) == {"news"}


@pytest.mark.rule(36)
def test_another_controllers_topic_is_unknown(tenant: Tenant, other_tenant: Tenant) -> None:
    create(other_tenant, "secret")

    with pipeline(tenant.controller_id) as connection, pytest.raises(NotFound):
        service.get(connection, tenant.controller_id, "secret")
    with pipeline(tenant.controller_id) as connection:
        assert service.find(connection, other_tenant.controller_id, "secret") is None


@pytest.mark.rule(36)
def test_two_controllers_may_use_one_slug(tenant: Tenant, other_tenant: Tenant) -> None:
    assert create(tenant, "news").id != create(other_tenant, "news").id
