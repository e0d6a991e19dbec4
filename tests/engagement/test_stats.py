"""Statistics count people, tell machines apart, survive erasure, and show no small group."""

from typing import Any

import pytest

from crm_service.engagement import stats
from tests.contacts.register import register
from tests.engagement.happenings import Admin, happening, take_in
from tests.factories import Tenant


def _campaign(tenant: Tenant, people: int = 4) -> None:
    events = []
    for n in range(people):
        facts: dict[str, Any] = {
            "email": f"p{n}@example.com",
            "campaign": "spring",
            "message_id": f"m-{n}",
        }
        events += [
            happening("sent", **facts),
            happening("delivered", after=1, **facts),
            happening("opened", after=60 + n, **facts),
            happening("opened", after=90 + n, **facts),
            happening("opened", after=70, machine=True, **facts),
        ]
    events.append(happening("clicked", after=99, email="p0@example.com", campaign="spring"))
    events.append(happening("complained", after=99, email="p1@example.com", campaign="spring"))
    events.append(happening("bounced", bounce="soft", email="p2@example.com", campaign="spring"))
    take_in(tenant, events)


@pytest.mark.rule(30)
def test_a_campaign_is_counted_in_people_with_machines_apart(tenant: Tenant) -> None:
    _campaign(tenant)

    found = tenant.client.get("/v1/campaigns/spring/stats").json

    assert (found["sent"], found["delivered"], found["complained"]) == (4, 4, 1)
    assert found["opened"]["human"] == {"unique": 4, "total": 8}
    assert found["opened"]["machine"] == {"unique": 4, "total": 4}
    assert found["bounced"] == {"hard": 0, "soft": 1}
    assert found["rates"]["clicked"] == found["rates"]["complained"] == 0.25
    assert found["complaint_standing"] == "at_or_above_0.3_percent"


@pytest.mark.clause("ee-10")
def test_what_the_erased_did_is_counted_on_without_a_key_to_them(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant, email="p0@example.com")
    _campaign(tenant)
    before = tenant.client.get("/v1/campaigns/spring/stats").json

    tenant.client.delete(f"/v1/contacts/{contact['id']}")

    assert tenant.client.get("/v1/campaigns/spring/stats").json == before
    left = "SELECT count(*) FROM engagement_events WHERE controller_id = %s"
    assert admin.execute(left, (tenant.controller_id,)).fetchone() == (17,)


@pytest.mark.rule(36)
def test_nobody_sees_anothers_campaign(tenant: Tenant, other_tenant: Tenant) -> None:
    _campaign(other_tenant)

    answer = tenant.client.get("/v1/campaigns/spring/stats")

    assert (answer.status_code, answer.json["code"]) == (404, "unknown_campaign")


@pytest.mark.parametrize(
    ("rate", "where"),
    [
        (None, "unknown"),
        (0.0, "below_0.1_percent"),
        (0.001, "at_or_above_0.1_percent"),
        (0.0029, "at_or_above_0.1_percent"),
        (0.003, "at_or_above_0.3_percent"),
    ],
)
def test_complaints_stand_among_the_lines_of_gmail(rate: float | None, where: str) -> None:
    assert stats.standing(rate) == where


@pytest.mark.clause("se-05")
def test_groups_under_five_are_not_shown_and_no_difference_shows_them(tenant: Tenant) -> None:
    topic = {"slug": "news", "name": {"en": "News"}, "category": "marketing"}
    tenant.client.post("/v1/topics", json=topic)
    people = [f"p{n}@example.com" for n in range(12)]
    delivered = [happening(email=email, topic="news") for email in people]
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"
    opened = [
        happening("opened", after=60, email=email, topic="news", user_agent=agent)
        for email in people[:9]
    ]
    clicked = [happening("clicked", after=90, email=e, topic="news") for e in people[:4]]

    take_in(tenant, [*delivered, *opened, *clicked])
    found = tenant.client.get("/v1/topics/news/stats?month=2026-11").json

    assert (found["people"]["delivered"], found["people"]["opened"]) == (10, 5)
    assert found["people"]["clicked"] is found["people"]["complained"] is None
    assert found["devices"] == {"mobile": 5, "tablet": None, "desktop": None}
    before = tenant.client.get("/v1/topics/news/stats?month=2026-10").json
    assert set(before["people"].values()) == {None}


@pytest.mark.clause("se-05")
def test_numbers_of_people_are_told_in_fives() -> None:
    shown = [stats.coarse(people) for people in (0, 1, 4, 5, 9, 10)]

    assert shown == [None, None, None, 5, 5, 10]
