"""What people chose reaches whoever sends, with the verdict and only when asked for."""

import json
from typing import Any

import pytest

from tests.factories import Tenant
from tests.permissions.person import audited
from tests.unsubscribe.people import EMAIL, Recipient, make_recipient

QUESTION = {"topic": "offers", "channel": "email"}


def choose(mari: Recipient, **fields: str) -> None:
    assert mari.browser.post(f"{mari.path}/preferences", data=fields).status_code == 200


def asked(tenant: Tenant, *emails: str, **fields: Any) -> list[dict[str, Any]]:
    whom = {} if "contact_ids" in fields else {"emails": emails or [EMAIL]}
    body = QUESTION | whom | {"include": ["preferences"]} | fields
    answer = tenant.client.post("/v1/eligibility-checks", json=body)
    found: list[dict[str, Any]] = answer.json["results"]
    return found


@pytest.mark.parametrize(("language", "expected"), [
    ("sl", {"frequency": "monthly", "language": "sl"}),
    ("", {"frequency": "monthly"}),
])  # fmt: skip
def test_each_result_says_what_its_own_address_chose(
    mari: Recipient, language: str, expected: dict[str, str]
) -> None:
    choose(mari, frequency="monthly", language=language)

    found = asked(mari.tenant, "x", "nobody@example.com", EMAIL, EMAIL.lower())

    assert [one.get("preferences") for one in found] == [None, None, expected, expected]
    [by_id] = asked(mari.tenant, contact_ids=[str(mari.contact_id)])
    assert by_id["preferences"] == expected


def test_who_chose_nothing_has_no_preferences(mari: Recipient) -> None:
    [found] = asked(mari.tenant)

    assert (found["eligible"], "preferences" in found) == (True, False)


def test_preferences_come_with_other_things_and_never_unasked(mari: Recipient) -> None:
    choose(mari, frequency="weekly", language="")

    [unasked] = asked(mari.tenant, include=["links"])
    [both] = asked(mari.tenant, include=["links", "preferences"])

    assert "preferences" not in unasked
    assert both == unasked | {"preferences": {"frequency": "weekly"}}
    entries = audited(mari.admin, mari.tenant, "eligibility.check")
    assert [one["fields"] for one in entries] == [["email"], ["email", "preferences"]]


def test_who_may_not_be_written_to_is_told_nothing_of(mari: Recipient) -> None:
    choose(mari, frequency="weekly", language="")
    choose(mari, pause="30", pause_for="")

    [found] = asked(mari.tenant)

    assert (found["eligible"], "preferences" in found) == (False, False)


def test_other_controllers_of_the_same_person_learn_nothing(
    mari: Recipient, other_tenant: Tenant
) -> None:
    choose(mari, frequency="weekly", language="")
    elsewhere = make_recipient(other_tenant, mari.admin)

    [found] = asked(elsewhere.tenant)

    assert (found["eligible"], "preferences" in found) == (True, False)


def test_a_stream_says_the_same(mari: Recipient) -> None:
    choose(mari, frequency="weekly", language="et")

    answer = mari.tenant.client.post(
        "/v1/eligibility-checks",
        query_string=QUESTION | {"include": "preferences"},
        data=f'"nobody@example.com"\n"{EMAIL}"\n',
        headers={"Content-Type": "application/x-ndjson"},
        buffered=True,
    )

    streamed = [json.loads(line) for line in answer.text.splitlines()]
    assert streamed == asked(mari.tenant, "nobody@example.com", EMAIL)
    assert streamed[1]["preferences"] == {"frequency": "weekly", "language": "et"}
