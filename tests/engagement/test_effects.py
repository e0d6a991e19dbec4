"""What follows from events: each effect once, in any order, and nothing is ever undone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.contacts.register import CONSENT, email_key, register
from tests.engagement.happenings import (
    EMAIL,
    Admin,
    blocks,
    happening,
    published,
    stored,
    take_in,
)
from tests.factories import Tenant, load_policy, make_tenant


@pytest.mark.rule(29)
@pytest.mark.parametrize(
    ("facts", "block"),
    [
        ({"kind": "bounced", "bounce": "hard"}, ("all", None, "hard_bounce")),
        ({"kind": "complained"}, ("marketing", None, "complaint")),
    ],
)
def test_hard_bounces_and_complaints_block_at_once(
    tenant: Tenant, admin: Admin, facts: dict[str, Any], block: tuple[str, str | None, str]
) -> None:
    take_in(tenant, [happening(**facts)])

    assert blocks(admin, tenant) == {block}
    [added] = published(admin, tenant, "suppression.added.v1")
    assert (added["reason"], added["source"]) == (block[2], "api")


@pytest.mark.rule(28, 29)
def test_what_comes_late_undoes_no_bounce_and_no_complaint(tenant: Tenant, admin: Admin) -> None:
    take_in(tenant, [happening("bounced", bounce="hard"), happening("complained")])
    before = blocks(admin, tenant)

    take_in(tenant, [happening(kind, after=60) for kind in ("delivered", "opened", "subscribed")])

    assert blocks(admin, tenant) == before
    assert len(before) == 2


@pytest.mark.rule(29)
def test_soft_bounces_block_when_there_are_enough_within_the_time(app: Flask, admin: Admin) -> None:
    document = load_policy() | {"engagement": {"soft_bounces": {"count": 3, "within": "P10D"}}}
    tenant = make_tenant(app, policy=document)
    day = timedelta(days=1).total_seconds()

    take_in(tenant, [happening("bounced", bounce="soft", after=n * day) for n in (0, 6, 12)])
    too_few = blocks(admin, tenant)
    take_in(tenant, [happening("bounced", bounce="soft", after=14 * day)])

    assert too_few == set()
    assert blocks(admin, tenant) == {("all", None, "invalid")}


@pytest.mark.rule(29)
def test_the_policy_decides_how_far_blocks_go(app: Flask, admin: Admin) -> None:
    rules = {"hard_bounce": {"scope": "marketing"}, "complaint": {"scope": "none"}}
    tenant = make_tenant(app, policy=load_policy() | {"engagement": rules})

    take_in(tenant, [happening("bounced", bounce="hard"), happening("complained")])

    assert blocks(admin, tenant) == {("marketing", None, "hard_bounce")}


@pytest.mark.rule(16, 28)
def test_leaving_at_the_provider_is_leaving_here(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant, permissions=[CONSENT])
    left = happening("unsubscribed", campaign="spring")

    take_in(tenant, [left, left])
    take_in(tenant, [left, happening("subscribed", after=60)])

    [told] = published(admin, tenant, "contact.unsubscribed.v1")
    assert (told["source"], told["scope"], told["basis"]) == ("provider", "marketing", "consent")
    assert told["campaign"] == "spring"
    assert len(published(admin, tenant, "consent.withdrawn.v1")) == 1
    assert blocks(admin, tenant) == {("marketing", None, "unsubscribe")}
    path = f"/v1/contacts/{contact['id']}/permissions"
    assert [p["state"] for p in tenant.client.get(path).json["items"]] == ["withdrawn"]


@pytest.mark.rule(7, 15)
@pytest.mark.parametrize(("topic", "scope"), [("news", "topic"), ("gone", "marketing")])
def test_leaving_one_topic_at_the_provider_leaves_that_one(
    tenant: Tenant, admin: Admin, topic: str, scope: str
) -> None:
    made = {"slug": "news", "name": {"en": "News"}, "category": "marketing"}
    tenant.client.post("/v1/topics", json=made)

    take_in(tenant, [happening("unsubscribed", topic=topic)])

    assert {block[0] for block in blocks(admin, tenant)} == {scope}


@pytest.mark.rule(25)
def test_effects_and_their_cause_share_a_correlation(tenant: Tenant, admin: Admin) -> None:
    take_in(tenant, [happening("complained"), happening("complained", email="jaan@example.com")])

    rows = admin.execute(
        "SELECT correlation, array_agg(type ORDER BY type) FROM events WHERE controller_id = %s"
        " GROUP BY correlation",
        (tenant.controller_id,),
    ).fetchall()
    assert [row[1] for row in rows] == [["engagement.recorded.v1", "suppression.added.v1"]] * 2


@pytest.mark.rule(25, 39)
def test_what_is_published_names_no_address(tenant: Tenant, admin: Admin) -> None:
    take_in(tenant, [happening("clicked", campaign=EMAIL, message_id=f"<{EMAIL}>"), happening()])

    [told] = published(admin, tenant, "engagement.recorded.v1")

    assert (told["kind"], told["machine"]) == ("clicked", False)
    assert told["address_key"] == str(email_key(tenant, EMAIL))
    assert "@" not in repr(told)


@pytest.mark.rule(1)
def test_events_of_somebody_unknown_make_no_contact_and_wait_for_one(
    tenant: Tenant, admin: Admin
) -> None:
    take_in(tenant, [happening("opened"), happening("complained")])
    nobody = tenant.client.get("/v1/contacts").json["items"]

    contact = register(tenant, email=EMAIL)

    assert nobody == []
    held = "SELECT subject_id::text FROM addresses WHERE controller_id = %s AND address_key = %s"
    found = admin.execute(held, (tenant.controller_id, stored(admin, tenant)[0]["address_key"]))
    assert found.fetchone() == (contact["id"],)


@pytest.mark.rule(5)
def test_events_of_the_erased_are_not_kept_but_still_block(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant, email=EMAIL)
    take_in(tenant, [happening("opened")])
    block = {"email": EMAIL, "scope": "marketing", "reason": "erasure"}
    assert tenant.client.post("/v1/suppressions", json=block).status_code == 201
    tenant.client.delete(f"/v1/contacts/{contact['id']}")
    gone = stored(admin, tenant)

    take_in(tenant, [happening("clicked"), happening("bounced", bounce="hard")])

    assert gone == stored(admin, tenant) == []
    assert ("all", None, "hard_bounce") in blocks(admin, tenant)


@pytest.mark.rule(28)
def test_a_batch_delivered_at_once_many_times_has_each_effect_once(
    tenant: Tenant, admin: Admin
) -> None:
    people = [f"person{n}@example.com" for n in range(60)]
    kinds = ("delivered", "opened", "bounced", "complained", "unsubscribed")
    batch = [happening(kind, email=email, bounce="hard") for email in people for kind in kinds]

    with ThreadPoolExecutor(4) as senders:
        taken = list(senders.map(lambda _: take_in(tenant, batch), range(8)))

    assert sum(one.accepted for one in taken) == len(batch) == len(stored(admin, tenant))
    assert len(published(admin, tenant, "contact.unsubscribed.v1")) == len(people)
    assert len(published(admin, tenant, "suppression.added.v1")) == 3 * len(people)
    assert len(published(admin, tenant, "engagement.recorded.v1")) == 4 * len(people)
