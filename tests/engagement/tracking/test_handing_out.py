"""No permission for tracking, no tracking links (rule 31)."""

import uuid
from typing import Any

import pytest
from flask import Flask

from tests.engagement.tracking.readers import Admin, Reader, make_reader
from tests.factories import load_policy, make_tenant

FIELDS = {"open_pixel_url", "click_url_prefix"}


def fields(found: dict[str, Any]) -> set[str]:
    return FIELDS & set(found)


@pytest.mark.rule(31)
@pytest.mark.clause("ee-03")
@pytest.mark.parametrize("basis", ["consent", "legitimate_interests"])
def test_links_are_handed_out_where_tracking_is_permitted(mari: Reader, basis: str) -> None:
    before = mari.handed_out()

    mari.permit(basis)

    found = mari.handed_out()
    assert (before["eligible"], fields(before)) == (True, set())
    assert found["open_pixel_url"].startswith("https://crm.example.com/o/")
    assert found["click_url_prefix"].startswith("https://crm.example.com/r/")
    assert "mari" not in str([found[name] for name in FIELDS])


@pytest.mark.rule(31)
@pytest.mark.parametrize("stop", [
    lambda reader: reader.person.state("withdrawn", purpose="engagement_tracking"),
    lambda reader: reader.person.state("objected", "legitimate_interests", purpose="engagement_tracking"),  # noqa: E501 - a row of a table
    lambda reader: reader.person.suppress("manual", "marketing"),
    lambda reader: reader.person.click(scope="all"),
    lambda reader: reader.person.click(),
])  # fmt: skip
def test_whoever_refuses_anything_of_it_is_handed_none(tracked: Reader, stop: Any) -> None:
    assert fields(tracked.handed_out()) == FIELDS

    stop(tracked)

    assert fields(tracked.handed_out()) == set()


@pytest.mark.rule(31)
def test_a_pause_that_has_ended_stops_no_tracking(tracked: Reader) -> None:
    facts = {"email": tracked.person.email, "ends_at": "2027-01-01T00:00:00Z"}
    assert tracked.person.suppress("pause", **facts).status_code == 201
    paused = tracked.handed_out()
    tracked.admin.execute(
        "UPDATE suppressions SET ends_at = now() - interval '1 day' WHERE controller_id = %s",
        (tracked.tenant.controller_id,),
    )

    assert (paused["eligible"], fields(paused)) == (False, set())
    assert fields(tracked.handed_out()) == FIELDS


@pytest.mark.rule(31)
def test_leaving_all_marketing_ends_the_permission_itself(tracked: Reader) -> None:
    tracked.person.click(scope="all")

    assert tracked.person.stands()[None, "consent"] == "withdrawn"


@pytest.mark.rule(31, 20)
@pytest.mark.clause("ee-05")
def test_a_permission_whose_term_is_over_is_none(tracked: Reader) -> None:
    tracked.admin.execute(
        "UPDATE permissions SET anchor_at = anchor_at - interval '6 years'"
        " WHERE controller_id = %s AND purpose = 'engagement_tracking'",
        (tracked.tenant.controller_id,),
    )

    assert fields(tracked.handed_out()) == set()


@pytest.mark.rule(31)
def test_others_in_the_same_call_are_each_judged_for_themselves(tracked: Reader) -> None:
    emails = ["x", "nobody@example.com", tracked.person.email, "MARI@example.com"]
    asked = {"topic": "offers", "channel": "email", "emails": emails, "include": ["tracking"]}

    results = tracked.tenant.client.post("/v1/eligibility-checks", json=asked).json["results"]

    assert [fields(found) for found in results] == [set(), set(), FIELDS, FIELDS]
    assert results[2]["open_pixel_url"] == results[3]["open_pixel_url"]


@pytest.mark.rule(31)
def test_nothing_is_handed_out_unasked_nor_by_a_policy_without_tracking(
    tracked: Reader, app: Flask, admin: Admin
) -> None:
    policy = load_policy()
    del policy["tracking"]
    other = make_reader(make_tenant(app, policy=policy), admin)
    other.permit()

    assert fields(tracked.person.verdict(include=["links"])) == set()
    assert fields(other.handed_out()) == set()


def test_a_stream_hands_out_the_same(tracked: Reader) -> None:
    answer = tracked.tenant.client.post(
        "/v1/eligibility-checks",
        query_string={"topic": "offers", "channel": "email", "include": "tracking"},
        data=f'"{tracked.person.email}"\n"nobody@example.com"\n',
        headers={"Content-Type": "application/x-ndjson"},
        buffered=True,
    )

    first, second = answer.text.splitlines()
    assert '"open_pixel_url":"https://crm.example.com/o/' in first
    assert "/o/" not in second


@pytest.mark.rule(31)
def test_restricted_people_are_not_tracked(tracked: Reader) -> None:
    tracked.admin.execute(
        "UPDATE addresses SET restricted = true WHERE controller_id = %s AND address_key = %s",
        (tracked.tenant.controller_id, tracked.person.key()),
    )

    assert fields(tracked.handed_out()) == set()
    assert uuid.UUID(str(tracked.person.id))
