"""A pause is a block that ends by itself, when it is read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_service.config import Settings
from tests.factories import Tenant
from tests.permissions.person import Admin, Person
from tests.transfers.suppression_lists import Lists, blocks

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
LATER = SOON + timedelta(days=60)


def spelled(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def pause(mari: Person, until: datetime = SOON, **facts: Any) -> Any:
    given = {"scope": "marketing", "reason": "pause", "ends_at": spelled(until), **facts}
    return mari.tenant.client.post("/v1/suppressions", json={"email": mari.email, **given})


def end_all(admin: Admin, tenant: Tenant) -> None:
    admin.execute(
        "UPDATE suppressions SET ends_at = now() - interval '1 second' "
        "WHERE controller_id = %s AND reason = 'pause' AND lifted_at IS NULL",
        (tenant.controller_id,),
    )


@pytest.mark.rule(2, 23)
def test_a_pause_stops_messages_until_it_is_over_and_then_no_job_is_needed(
    mari: Person, admin: Admin, tenant: Tenant
) -> None:
    mari.grant()

    answer = pause(mari)
    paused = mari.verdict()
    end_all(admin, tenant)

    assert (answer.status_code, answer.json["ends_at"]) == (201, spelled(SOON))
    assert paused["suppressions"] == [
        {"scope": "marketing", "reason": "pause", "ends_at": spelled(SOON)}
    ]
    assert mari.verdict()["eligible"] is True


@pytest.mark.rule(2)
@pytest.mark.parametrize("reason", ["unsubscribe", "complaint", "manual", "erasure"])
def test_a_pause_neither_weakens_nor_outlasts_another_block(
    mari: Person, admin: Admin, tenant: Tenant, reason: str
) -> None:
    mari.suppress(reason)
    pause(mari)

    during = {one["reason"] for one in mari.verdict()["suppressions"]}
    end_all(admin, tenant)

    assert during == {reason, "pause"}
    assert [one["reason"] for one in mari.verdict()["suppressions"]] == [reason]


@pytest.mark.parametrize(
    ("first", "second", "stands", "status"),
    [(SOON, LATER, LATER, 201), (LATER, SOON, LATER, 200), (SOON, SOON, SOON, 200)],
)
def test_a_pause_is_made_longer_and_never_shorter(
    mari: Person, first: datetime, second: datetime, stands: datetime, status: int
) -> None:
    pause(mari, first)

    answer = pause(mari, second)

    assert (answer.status_code, answer.json["ends_at"]) == (status, spelled(stands))
    items = mari.tenant.client.post("/v1/suppressions/lookup", json={"email": mari.email}).json
    assert [one["ends_at"] for one in items["items"]] == [spelled(stands)]


def test_after_a_pause_another_one_can_be_had(mari: Person, admin: Admin, tenant: Tenant) -> None:
    pause(mari)
    end_all(admin, tenant)

    again = pause(mari)

    assert again.status_code == 201
    assert mari.verdict()["reasons"][0] == "suppressed"


@pytest.mark.parametrize(
    "given",
    [
        {"reason": "pause"},
        {"reason": "pause", "ends_at": "2020-01-01T00:00:00Z"},
        {"reason": "manual", "ends_at": "2090-01-01T00:00:00Z"},
    ],
)
def test_only_a_pause_has_an_end_and_it_lies_ahead(mari: Person, given: dict[str, str]) -> None:
    body = {"email": mari.email, "scope": "marketing", **given}

    answer = mari.tenant.client.post("/v1/suppressions", json=body)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_end")


def test_lists_show_what_stands_and_on_request_what_has_ended(
    mari: Person, admin: Admin, tenant: Tenant
) -> None:
    block = pause(mari).json
    end_all(admin, tenant)

    standing = tenant.client.get("/v1/suppressions").json["items"]
    everything = tenant.client.get("/v1/suppressions?include_lifted=true").json["items"]
    path = f"/v1/suppressions/{block['id']}/lift"
    lifted = tenant.client.post(path, json={"justification": "the person telephoned us"})

    assert (standing, [one["id"] for one in everything]) == ([], [block["id"]])
    assert (lifted.status_code, lifted.json["code"]) == (409, "already_lifted")


@pytest.mark.rule(25)
def test_the_event_says_when_it_will_be_over(mari: Person, tenant: Tenant) -> None:
    pause(mari)
    pause(mari, LATER)

    items = tenant.client.get("/v1/events?limit=500").json["items"]
    told = [
        (one["type"], one["data"].get("ends_at"))
        for one in items
        if one["type"].startswith("suppression.")
    ]
    assert all(end.endswith("Z") for _, end in told if end)
    assert [(kind, end and datetime.fromisoformat(end)) for kind, end in told] == [
        ("suppression.added.v1", SOON),
        ("suppression.lifted.v1", None),
        ("suppression.added.v1", LATER),
    ]


@pytest.mark.rule(6)
def test_a_changed_address_takes_the_pause_along(mari: Person, tenant: Tenant) -> None:
    mari.grant()
    pause(mari)
    changed = {"email": "mari.new@example.org"}

    mari.change(**changed)

    found = tenant.client.post("/v1/suppressions/lookup", json=changed).json["items"]
    assert [(one["reason"], one["ends_at"]) for one in found] == [("pause", spelled(SOON))]


def test_a_domain_can_pause(mari: Person, admin: Admin, tenant: Tenant) -> None:
    mari.grant()
    body = {"domain": mari.email.rpartition("@")[2], "scope": "marketing", "reason": "pause"}

    for until in (SOON, LATER):
        answer = tenant.client.post("/v1/suppressions", json={**body, "ends_at": spelled(until)})
        assert answer.status_code == 201, answer.json
    paused = mari.verdict()["suppressions"]
    end_all(admin, tenant)

    assert paused == [{"scope": "marketing", "reason": "pause", "ends_at": spelled(LATER)}]
    assert mari.verdict()["eligible"] is True


@pytest.mark.rule(9)
@pytest.mark.parametrize("format_", ["csv", "ndjson"])
def test_exports_and_imports_keep_pauses_as_they_are(
    mari: Person, admin: Admin, tenant: Tenant, settings: Settings, tmp_path: Path, format_: str
) -> None:
    pause(mari)
    pause(mari, LATER, scope="all")
    lists = Lists(settings, tenant, tmp_path)
    text = tenant.client.get(f"/v1/suppressions/export?format={format_}").text
    before = blocks(admin, tenant)

    again = lists.take(text)
    admin.execute("DELETE FROM suppressions WHERE controller_id = %s", (tenant.controller_id,))
    restored = lists.take(text)

    assert (again.outcomes, restored.outcomes) == ({"unchanged": 2}, {"added": 2})
    kept: Callable[[dict[str, Any]], tuple[object, ...]] = lambda one: (  # noqa: E731 - a key
        one["scope"],
        one["reason"],
        one["source"],
        one["suppressed_at"],
        one["ends_at"],
    )
    assert sorted(map(kept, blocks(admin, tenant))) == sorted(map(kept, before))


def test_an_imported_pause_that_is_over_is_no_block_and_a_longer_one_counts(
    mari: Person, admin: Admin, tenant: Tenant, settings: Settings, tmp_path: Path
) -> None:
    pause(mari)
    text = tenant.client.get("/v1/suppressions/export?format=csv").text
    stored = SOON.strftime("%Y-%m-%dT%H:%M:%S")
    lists = Lists(settings, tenant, tmp_path)

    over = lists.take(text.replace(stored, "2020-01-01T00:00:00"))
    longer = lists.take(text.replace(stored, LATER.strftime("%Y-%m-%dT%H:%M:%S")))

    assert (over.outcomes, longer.outcomes) == ({"ignored": 1}, {"added": 1})
    assert [one["ends_at"] for one in mari.verdict()["suppressions"]] == [spelled(LATER)]


def test_an_ended_pause_is_not_exported(mari: Person, admin: Admin, tenant: Tenant) -> None:
    pause(mari)
    end_all(admin, tenant)

    text = tenant.client.get("/v1/suppressions/export?format=ndjson").text

    assert text == ""
