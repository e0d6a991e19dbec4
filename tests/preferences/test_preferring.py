"""Pauses, how often, and coming back: less at once, more only on a fresh proof."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.proofs.people import events_of
from tests.unsubscribe.people import EMAIL, Recipient


def page(mari: Recipient, **fields: str) -> Any:
    return mari.browser.post(f"{mari.path}/preferences", data=fields)


def links(mari: Recipient) -> list[str]:
    """Return the paths of the one-time links that were handed out."""
    told = events_of(mari.tenant, "address_proof.requested.v1")
    return [one["data"]["url"].removeprefix("https://crm.example.com") for one in told]


def verdict(mari: Recipient, topic: str = "offers") -> dict[str, Any]:
    asked = {"topic": topic, "channel": "email", "emails": [EMAIL]}
    answer = mari.tenant.client.post("/v1/eligibility-checks", json=asked)
    found: dict[str, Any] = answer.json["results"][0]
    return found


@pytest.mark.rule(15)
@pytest.mark.parametrize("days", [30, 90])
@pytest.mark.parametrize(("pause_for", "others"), [("", False), ("offers", True)])
def test_a_pause_is_of_everything_or_of_one_topic(
    mari: Recipient, days: int, pause_for: str, *, others: bool
) -> None:
    answer = page(mari, pause=str(days), pause_for=pause_for)

    assert (answer.status_code, "Paused until" in answer.text) == (200, True)
    [block] = verdict(mari)["suppressions"]
    ends_at = datetime.fromisoformat(block["ends_at"])
    assert timedelta(days=days) - (ends_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert block["reason"] == "pause"
    assert verdict(mari, "news")["eligible"] is others
    assert "You have left" not in mari.browser.get(mari.path).text


@pytest.mark.rule(14)
def test_a_pause_is_taken_back_for_half_an_hour(mari: Recipient) -> None:
    text = page(mari, pause="30").text
    [(action, proof)] = re.findall(r'action="(/u/\w+/undo)">\s*<input[^>]*value="(\w+)"', text)

    undone = mari.browser.post(action, data={"proof": proof})

    assert undone.status_code == 200
    assert verdict(mari)["eligible"] is True
    assert events_of(mari.tenant, "contact.resubscribed.v1") == []


def test_fewer_messages_are_at_once_and_told(mari: Recipient) -> None:
    answer = page(mari, frequency="monthly", language="sl")

    assert answer.status_code == 200
    [event] = events_of(mari.tenant, "preferences.changed.v1")
    assert (event["data"]["frequency"], event["data"]["language"]) == ("monthly", "sl")
    assert event["data"]["fields"] == ["frequency", "language"]
    assert '<option value="monthly" selected>' in answer.text


@pytest.mark.rule(14)
def test_how_often_is_taken_back_for_half_an_hour_and_to_nothing_else(mari: Recipient) -> None:
    page(mari, frequency="weekly", language="")
    text = page(mari, frequency="monthly", language="").text
    [proof] = re.findall(r'name="proof" value="(\w+)"', text)

    page(mari, frequency="all", language="", proof=proof)
    more = len(links(mari))
    page(mari, frequency="weekly", language="", proof=proof)

    told = [one["data"]["frequency"] for one in events_of(mari.tenant, "preferences.changed.v1")]
    assert (more, told) == (1, ["weekly", "monthly", "weekly"])


@pytest.mark.rule(10)
def test_more_messages_ask_for_a_fresh_proof(mari: Recipient) -> None:
    page(mari, frequency="monthly", language="")

    asked = page(mari, frequency="all", language="")
    [link] = links(mari)
    opened = [mari.browser.get(link).status_code for _ in range(2)]
    before = len(events_of(mari.tenant, "preferences.changed.v1"))
    pressed = mari.browser.post(link)

    assert "Please look at your mail" in asked.text
    assert (opened, before, pressed.status_code) == ([200, 200], 1, 200)
    assert events_of(mari.tenant, "preferences.changed.v1")[-1]["data"]["frequency"] == "all"
    assert mari.browser.post(link).status_code == 404


@pytest.mark.rule(4, 10, 17)
@pytest.mark.parametrize("scope", ["topic", "all"])
def test_who_left_comes_back_by_a_link_that_was_just_sent(mari: Recipient, scope: str) -> None:
    page(mari, **({"scope": "all"} if scope == "all" else {"topic": "offers"}))
    page(mari, join="offers")
    blocked = verdict(mari)["eligible"]
    [link] = links(mari)

    shown, still = mari.browser.get(link), verdict(mari)["eligible"]
    confirmed = mari.browser.post(link)

    assert "I want to receive messages on" in shown.text
    assert (blocked, still, confirmed.status_code) == (False, False, 200)
    assert (verdict(mari)["eligible"], verdict(mari)["basis"]) == (True, "consent")
    assert verdict(mari, "news")["eligible"] is (scope == "topic")
    [event] = events_of(mari.tenant, "contact.resubscribed.v1")
    assert (event["data"]["topic"], event["data"]["source"]) == ("offers", "preferences")


@pytest.mark.rule(17)
def test_the_consent_says_what_was_read_and_when_it_was_confirmed(mari: Recipient) -> None:
    page(mari, topic="offers")
    page(mari, join="offers")
    [link] = links(mari)
    mari.browser.post(link)

    answer = mari.tenant.client.get(f"/v1/contacts/{mari.contact_id}/ledger").json["items"]
    [entry] = [one for one in answer if one["source"] == "preferences" and one["evidence"]]
    evidence = entry["evidence"]
    assert evidence["wording"]["text"].startswith("I want to receive messages on")
    assert evidence["wording"]["version"] == "preference-page-1"
    assert evidence["double_opt_in"]["requested_at"] <= evidence["double_opt_in"]["confirmed_at"]


@pytest.mark.rule(4)
@pytest.mark.parametrize(
    ("reason", "lifted"),
    [
        ("complaint", True),
        ("objection", True),
        ("erasure", True),
        ("import", True),
        ("hard_bounce", False),
        ("manual", False),
    ],
)
def test_new_consent_ends_the_persons_refusals_and_nothing_else(
    mari: Recipient, reason: str, *, lifted: bool
) -> None:
    block = {"email": EMAIL, "scope": "marketing", "reason": reason}
    assert mari.tenant.client.post("/v1/suppressions", json=block).status_code == 201
    page(mari, join="offers")
    [link] = links(mari)

    mari.browser.post(link)

    assert verdict(mari)["eligible"] is lifted
    assert verdict(mari, "news")["eligible"] is False


@pytest.mark.rule(10)
def test_nobody_learns_whether_the_address_is_known(mari: Recipient) -> None:
    page(mari, topic="offers")
    known = page(mari, join="offers").text
    mari.tenant.client.delete(f"/v1/contacts/{mari.contact_id}")
    unknown = page(mari, join="offers").text

    assert len(links(mari)) == 1
    assert "Please look at your mail" in known
    assert re.sub("<strong.*?</strong>", "", known).count("link") == unknown.count("link")


def test_links_cannot_be_asked_for_without_end(mari: Recipient) -> None:
    answers = [page(mari, join="offers") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "Please wait a little" in answers[-1].text
    assert mari.browser.post(mari.path).status_code == 200


@pytest.mark.parametrize("fields", [{"topic": "offers"}, {"pause": "30"}, {"join": "offers"}])
def test_a_form_of_another_site_changes_nothing(mari: Recipient, fields: dict[str, str]) -> None:
    before = mari.stored()

    evil = {"Sec-Fetch-Site": "cross-site"}
    answer = mari.browser.post(f"{mari.path}/preferences", data=fields, headers=evil)

    assert (answer.status_code, mari.stored()) == (403, before)


@pytest.mark.parametrize(
    "fields",
    [
        {"pause": "3000"},
        {"pause": "30", "pause_for": "unknown"},
        {"frequency": "hourly"},
        {"frequency": "weekly", "language": '"><script>'},
        {"join": "unknown"},
        {"join": "https://evil.example.net/"},
    ],
)
def test_what_is_not_on_the_page_changes_nothing_and_is_not_repeated(
    mari: Recipient, fields: dict[str, str]
) -> None:
    before = mari.stored()

    answer = page(mari, **fields)

    assert (answer.status_code, mari.stored()) == (422, before)
    assert "<script" not in answer.text
    assert "evil" not in answer.text
    assert "Location" not in answer.headers


@pytest.mark.rule(34)
def test_preferences_end_with_the_person(mari: Recipient) -> None:
    page(mari, frequency="weekly", language="")

    mari.tenant.client.delete(f"/v1/contacts/{mari.contact_id}")

    stored = mari.admin.execute(
        "SELECT count(*) FROM preferences WHERE controller_id = %s", (mari.tenant.controller_id,)
    ).fetchone()
    assert stored == (0,)


@pytest.mark.rule(15)
def test_calls_and_texts_are_left_on_their_own(mari: Recipient) -> None:
    path = f"/v1/contacts/{mari.contact_id}"
    changed = {"phone": "+372 5123 4567"}
    mari.tenant.client.patch(path, json=changed, headers={"If-Match": "*"})

    answer = page(mari, topic="offers", by="phone")

    assert "By phone and text message" in answer.text
    found = mari.tenant.client.post("/v1/suppressions/lookup", json=changed | {}).json["items"]
    assert [one["kind"] for one in found] == ["phone"]
    assert verdict(mari)["eligible"] is True
