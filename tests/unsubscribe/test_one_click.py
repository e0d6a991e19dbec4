from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.factories import Tenant
from tests.unsubscribe.people import EMAIL, Recipient, link_path

ONE_CLICK = {"List-Unsubscribe": "One-Click"}

CLICKS: dict[str, dict[str, Any]] = {
    "urlencoded": {"data": ONE_CLICK},
    "multipart": {"data": ONE_CLICK, "content_type": "multipart/form-data"},
    "empty": {},
    "empty with a type": {"content_type": "multipart/form-data"},
    "charset": {
        "data": "List-Unsubscribe=One-Click",
        "content_type": "application/x-www-form-urlencoded; charset=utf-8",
    },
    "json": {"data": b'{"List-Unsubscribe": "One-Click"}', "content_type": "application/json"},
    "text": {"data": b"List-Unsubscribe=One-Click", "content_type": "text/plain"},
    "unknown type": {"data": b"List-Unsubscribe=One-Click", "content_type": "x"},
    "broken multipart": {"data": b"\xff\x00--", "content_type": "multipart/form-data; boundary=x"},
    "bytes": {"data": bytes(range(256)), "content_type": "application/octet-stream"},
    "too many fields": {"data": "a=b&" * 500},
    "cookies and a referrer": {
        "data": ONE_CLICK,
        "headers": {"Cookie": "session=1", "Origin": "https://evil.example.org"},
    },
    "whatever it accepts": {"data": ONE_CLICK, "headers": {"Accept": "image/png"}},
}


@pytest.mark.rule(11)
@pytest.mark.clause("ee-14")
@pytest.mark.parametrize("sent", CLICKS.values(), ids=CLICKS.keys())
def test_a_post_leaves_the_topic_at_once_whatever_its_body_is(
    mari: Recipient, sent: dict[str, Any]
) -> None:
    answer = mari.browser.post(mari.path, **sent)

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Location" not in answer.headers
    assert mari.blocks() == {("topic", "offers")}
    assert mari.event_sources() == ["one_click"]


@pytest.mark.rule(11)
def test_a_repeated_click_is_answered_200_and_records_nothing_twice(mari: Recipient) -> None:
    mari.browser.post(mari.path, data=ONE_CLICK)
    stored = mari.stored()

    answers = [mari.browser.post(mari.path, data=ONE_CLICK) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert mari.stored() == stored


@pytest.mark.rule(11, 16)
def test_many_clicks_on_one_link_at_the_same_time_are_all_200_and_one_event(
    mari: Recipient,
) -> None:
    def click(_number: int) -> int:
        return mari.browser.post(mari.path, data=ONE_CLICK).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(click, range(40)))

    assert statuses == {200}
    assert mari.event_sources() == ["one_click"]
    assert mari.blocks() == {("topic", "offers")}


@pytest.mark.rule(11, 15)
@pytest.mark.parametrize("content_type", ["multipart/form-data", None, "text/plain"])
def test_scope_all_leaves_all_marketing(mari: Recipient, content_type: str | None) -> None:
    data = b"scope=all" if content_type == "text/plain" else {"scope": "all"}

    answer = mari.browser.post(mari.path, data=data, content_type=content_type)

    assert answer.status_code == 200
    assert mari.blocks() == {("marketing", None)}


@pytest.mark.rule(11, 15)
def test_scope_all_is_understood_as_json_too(mari: Recipient) -> None:
    answer = mari.browser.post(mari.path, json={"scope": "all"})

    assert answer.status_code == 200
    assert mari.blocks() == {("marketing", None)}


@pytest.mark.rule(12)
@pytest.mark.clause("ee-14")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("behind", ["", "/", "/preferences", "/undo", "?scope=all", "?via=page"])
def test_only_a_post_changes_anything(mari: Recipient, method: str, behind: str) -> None:
    before = mari.stored()

    answer = mari.browser.open(mari.path + behind, method=method, data={"scope": "all"})

    assert answer.status_code in {200, 405}
    assert "Set-Cookie" not in answer.headers
    assert mari.stored() == before


@pytest.mark.rule(12)
@pytest.mark.parametrize(
    "signals",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"User-Agent": "Mozilla/5.0 (compatible; a mail scanner)"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1", "User-Agent": "Mozilla/5.0"},
    ],
)
def test_whoever_fetches_a_link_only_ever_sees_the_page(
    mari: Recipient, signals: dict[str, str]
) -> None:
    before = mari.stored()

    answers = [mari.browser.get(mari.path, headers=signals) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    assert mari.stored() == before


@pytest.mark.rule(10)
@pytest.mark.parametrize(
    "behind", ["/", ".", ")", "%3E", "%20", ",", "/%20)", "%2520", "%3D%0D%0A"]
)
def test_a_mangled_link_still_works_without_any_redirect(mari: Recipient, behind: str) -> None:
    shown = mari.browser.get(mari.path.upper() + behind)
    left = mari.browser.post(mari.path.upper() + behind, data=ONE_CLICK)

    assert shown.status_code == 200
    assert left.status_code == 200
    assert mari.blocks() == {("topic", "offers")}


@pytest.mark.rule(10)
def test_a_link_works_for_an_address_that_is_in_no_register(
    mari: Recipient, tenant: Tenant
) -> None:
    path = link_path(tenant, "stranger@example.org", "offers")

    answer = mari.browser.post(path, data=ONE_CLICK)

    assert answer.status_code == 200
    assert mari.blocks() == {("topic", "offers")}


@pytest.mark.rule(10)
def test_a_link_works_after_the_contact_was_deleted(mari: Recipient, tenant: Tenant) -> None:
    assert tenant.client.delete(f"/v1/contacts/{mari.contact_id}").status_code == 204

    shown = mari.browser.get(mari.path)
    left = mari.browser.post(mari.path, data=ONE_CLICK)

    assert shown.status_code == 200
    assert "•••" not in shown.text
    assert left.status_code == 200
    assert mari.blocks() == {("topic", "offers")}


@pytest.mark.rule(7)
def test_the_link_of_an_archived_topic_leaves_all_marketing(
    mari: Recipient, tenant: Tenant
) -> None:
    tenant.client.delete("/v1/topics/offers")

    shown = mari.browser.get(mari.path)
    mari.browser.post(mari.path, data=ONE_CLICK)

    assert "Unsubscribe from all marketing?" in shown.text
    assert mari.blocks() == {("marketing", None)}


@pytest.mark.rule(24)
@pytest.mark.clause("ee-14")
def test_the_very_next_check_is_a_no(mari: Recipient, tenant: Tenant) -> None:
    check = {"topic": "offers", "channel": "email", "emails": [EMAIL]}
    before = tenant.client.post("/v1/eligibility-checks", json=check).json["results"][0]

    mari.browser.post(mari.path, data=ONE_CLICK)

    after = tenant.client.post("/v1/eligibility-checks", json=check).json["results"][0]
    assert before["eligible"] is True
    assert after["eligible"] is False
    assert "suppressed" in after["reasons"]


def test_a_program_that_asks_for_json_is_told_what_was_left(mari: Recipient) -> None:
    answer = mari.browser.post(mari.path, headers={"Accept": "application/json"})

    assert answer.get_json() == {"unsubscribed": True, "scope": "topic", "topic": "offers"}
