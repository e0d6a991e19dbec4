"""Machines are told from people by what they say and by what they do (rule 30)."""

import itertools
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from crm_service.engagement import devices
from crm_service.engagement.incoming import Incoming
from tests.engagement.happenings import (
    T0,
    Admin,
    happening,
    last_engaged,
    stored,
    take_in,
)
from tests.factories import Tenant, make_tenant

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
)
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36"
)


@pytest.mark.clause("ee-03")
@pytest.mark.parametrize(
    ("user_agent", "found"),
    [
        (IPHONE, ("Mobile Safari 17", "iOS 17", "mobile", None)),
        (IPHONE.replace("iPhone;", "iPad;"), ("Mobile Safari 17", "iOS 17", "tablet", None)),
        (WINDOWS, ("Chrome 120", "Windows 10", "desktop", None)),
        ("Thunderbird/115.0", ("Thunderbird 115", None, None, None)),
        (None, (None, None, None, None)),
    ],
)
def test_a_device_is_known_by_client_system_and_kind(
    user_agent: str | None, found: tuple[str | None, ...]
) -> None:
    assert devices.read(user_agent) == found


@pytest.mark.rule(30)
@pytest.mark.parametrize(
    ("user_agent", "signal"),
    [
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Firefox/11.0 (via ggpht.com GoogleImageProxy)",
         "image_proxy"),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
         "image_proxy"),
        ("Mozilla/5.0", "image_proxy"),
        ("BarracudaCentral", "scanner"),
        ("Mozilla/5.0 (Windows NT 10.0) Avanan", "scanner"),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)", None),
        ("Mozilla/5.0 (Windows NT 6.1) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
         "scanner"),
        ("Slackbot-LinkExpanding 1.0", "prefetch"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler"),
        ("python-requests/2.31.0", "crawler"),
        (f"{'x' * 100_000} GoogleImageProxy", None),
    ],
)  # fmt: skip
def test_machines_are_known_by_their_user_agents(user_agent: str, signal: str | None) -> None:
    assert devices.read(user_agent).signal == signal


@pytest.mark.rule(30)
@pytest.mark.clause("ee-09")
def test_machines_are_stored_as_such_and_are_no_interaction(tenant: Tenant, admin: Admin) -> None:
    take_in(
        tenant,
        [
            happening("opened", after=100, user_agent=IPHONE),
            happening("opened", after=200, user_agent="Mozilla/5.0 GoogleImageProxy"),
            happening("clicked", after=300, machine=True),
        ],
    )

    found = stored(admin, tenant)
    assert [event["machine"] for event in found] == [False, True, True]
    assert [event["signal"] for event in found] == [None, "image_proxy", "stated"]
    assert (found[0]["device"], found[0]["os"]) == ("mobile", "iOS 17")
    assert last_engaged(admin, tenant) == T0 + timedelta(seconds=100)


@pytest.mark.rule(30)
@pytest.mark.clause("ee-09")
def test_the_last_interaction_never_moves_backwards_or_into_the_future(
    tenant: Tenant, admin: Admin
) -> None:
    take_in(tenant, [happening("clicked", after=500)])
    take_in(tenant, [happening("clicked", after=400)])
    before = last_engaged(admin, tenant)

    now = datetime.now(T0.tzinfo)
    take_in(tenant, [happening("opened", occurred_at=now + timedelta(hours=20))])

    assert before == T0 + timedelta(seconds=500)
    assert before < (last_engaged(admin, tenant) or before) <= datetime.now(T0.tzinfo)


def _click(after: float, page: str, **facts: Any) -> Incoming:
    return happening("clicked", after=after, url=f"https://example.com/{page}", **facts)


@pytest.mark.rule(30)
@pytest.mark.parametrize(
    ("events", "machines"),
    [
        ([happening("delivered"), _click(1, "a"), _click(2, "b")], 2),
        ([happening("sent"), happening("opened", after=1), _click(2, "a"), _click(3, "b")], 3),
        ([happening("delivered"), _click(1, "a"), _click(2, "a")], 0),
        ([happening("delivered"), _click(1, "a"), _click(2, "b", message_id="m-2")], 0),
        ([happening("delivered"), _click(600, "a"), _click(601, "b")], 0),
        ([_click(600, "a"), _click(601, "b"), _click(603, "c")], 3),
        ([_click(600, "a"), _click(606, "b"), _click(612, "c")], 0),
        ([happening("delivered"), happening("opened", after=2), _click(3, "a")], 0),
    ],
)
def test_links_followed_faster_than_anybody_reads_are_a_machines(
    tenant: Tenant, admin: Admin, events: list[Incoming], machines: int
) -> None:
    take_in(tenant, events)

    found = [event for event in stored(admin, tenant) if event["machine"]]

    assert len(found) == machines
    assert {event["signal"] for event in found} <= {"burst"}
    assert (last_engaged(admin, tenant) is None) == (machines > 0)


@pytest.mark.rule(28, 30)
def test_a_burst_is_found_whatever_order_its_events_come_in(app: Flask, admin: Admin) -> None:
    events = [happening("delivered"), _click(1, "a"), _click(2, "b"), _click(90, "c")]
    orders = random.Random(7).sample(list(itertools.permutations(events)), 6)  # noqa: S311

    for order in orders:
        tenant = make_tenant(app)
        for event in order:
            take_in(tenant, [event])
        assert [event["machine"] for event in stored(admin, tenant)] == [False, True, True, False]
        assert last_engaged(admin, tenant) == T0 + timedelta(seconds=90)
