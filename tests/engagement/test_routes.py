"""Events over HTTP: JSON and NDJSON, each with a result for what could not be stored."""

from typing import Any

import orjson
import pytest

from tests.contacts.register import audited, register
from tests.engagement.happenings import EMAIL, Admin, blocks, stored
from tests.factories import Answer, Tenant

PATH = "/v1/engagement-events"
NDJSON = {"Content-Type": "application/x-ndjson"}


def event(event_id: str = "1", **facts: Any) -> dict[str, Any]:
    """Return an event as a caller writes it."""
    said = {"event_id": event_id, "type": "delivered", "email": EMAIL}
    return {**said, "occurred_at": "2026-11-03T09:15:00Z", **facts}


def send(tenant: Tenant, *events: Any) -> Answer:
    """Send events as JSON."""
    return tenant.client.post(PATH, json={"events": list(events)})


def stream(tenant: Tenant, *lines: bytes) -> Answer:
    """Send lines as NDJSON."""
    return tenant.client.post(PATH, data=b"\n".join(lines), headers=NDJSON)


def test_events_are_taken_in_with_their_effects(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant, email=EMAIL)
    by_id = event("2", type="complained", contact_id=contact["id"])
    del by_id["email"]

    answer = send(tenant, event("1", type="bounced"), by_id, event("2"))

    assert answer.status_code == 200
    assert answer.json == {"accepted": 2, "duplicates": 1, "rejected": [], "rejected_count": 0}
    assert {block[2] for block in blocks(admin, tenant)} == {"hard_bounce", "complaint"}
    [entry] = audited(admin, tenant, "engagement.ingest")
    assert (entry["count"], entry["details"]["accepted"]) == (1, 2)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("text", "invalid_event"),
        (event(event_id=""), "invalid_event"),
        (event(type=7), "invalid_event"),
        (event(occurred_at="yesterday"), "invalid_occurred_at"),
        (event(occurred_at="2026-11-03T09:15:00"), "invalid_occurred_at"),
        (event(occurred_at="2999-11-03T09:15:00Z"), "occurred_at_out_of_range"),
        (event(email="nobody"), "invalid_address"),
        (event(email=None), "recipient_missing"),
        (event(email=None, contact_id="x"), "contact_not_found"),
        (event(type="bounced", bounce="sideways"), "invalid_event"),
        (event(url=5), "invalid_event"),
        (event(tags="a"), "invalid_event"),
        (event(metadata=[]), "invalid_event"),
        (event(machine="yes"), "invalid_event"),
        (event(raw=1), "invalid_event"),
    ],
)
def test_a_bad_event_among_good_ones_is_reported_by_its_place(
    tenant: Tenant, admin: Admin, bad: Any, code: str
) -> None:
    answer = send(tenant, event("a"), bad, event("b"))

    assert (answer.status_code, answer.json["accepted"]) == (200, 2)
    assert [(one["index"], one["code"]) for one in answer.json["rejected"]] == [(1, code)]
    assert EMAIL not in answer.text
    assert len(stored(admin, tenant)) == 2


@pytest.mark.parametrize(
    ("bounce", "kept"),
    [({}, "hard"), ({"bounce": "soft"}, "soft"), ({"bounce_type": "Transient"}, "soft")],
)
def test_a_bounce_is_final_unless_it_says_otherwise(
    tenant: Tenant, admin: Admin, bounce: dict[str, str], kept: str
) -> None:
    send(tenant, event(type="bounced", **bounce))

    assert stored(admin, tenant)[0]["bounce"] == kept


def test_lines_are_taken_in_and_bad_ones_reported(tenant: Tenant, admin: Admin) -> None:
    good = [orjson.dumps(event(str(n), email=f"p{n}@example.com")) for n in range(30)]
    lines = [*good, b"", b"{broken", b'["list"]', b"x" * 300_000, orjson.dumps(event("last"))]

    answer = stream(tenant, *lines)

    assert (answer.status_code, answer.json["accepted"]) == (200, 31)
    assert [(one["index"], one["code"]) for one in answer.json["rejected"]] == [
        (30, "invalid_json"), (31, "invalid_event"), (32, "line_too_long"),
    ]  # fmt: skip
    assert len(stored(admin, tenant)) == 31


def test_batches_of_a_stream_know_each_other(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_service.engagement.receiving.BATCH", 3)
    lines = [orjson.dumps(event(str(n % 7))) for n in range(10)] + [b"[]"]

    answer = stream(tenant, *lines)

    assert (answer.json["accepted"], answer.json["duplicates"]) == (7, 3)
    assert [one["index"] for one in answer.json["rejected"]] == [10]


def test_a_user_agent_of_any_length_is_bounded(tenant: Tenant, admin: Admin) -> None:
    answer = send(tenant, event(type="opened", user_agent="Mozilla/5.0 " + "x" * 100_000))

    assert answer.json["accepted"] == 1
    assert len(repr(stored(admin, tenant))) < 5_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"events": {}}, 422),
        ({"events": [], "more": 1}, 422),
        ({"events": [1] * 10_001}, 422),
        ([], 422),
    ],
)
def test_a_body_that_holds_no_events_is_refused(tenant: Tenant, body: Any, status: int) -> None:
    assert tenant.client.post(PATH, json=body).status_code == status


def test_bodies_of_another_kind_or_too_large_are_refused(tenant: Tenant) -> None:
    post = tenant.client.post

    assert post(PATH, data="a=b", headers={"Content-Type": "text/plain"}).status_code == 415
    too_large = b'{"events": ["' + b"x" * (33 * 1024 * 1024) + b'"]}'
    headers = {"Content-Type": "application/json"}
    assert post(PATH, data=too_large, headers=headers).status_code == 413


@pytest.mark.rule(36, 37)
def test_events_need_their_scope_and_stay_their_controllers(
    tenant: Tenant, other_tenant: Tenant, admin: Admin
) -> None:
    theirs = register(other_tenant)["id"]

    refused = tenant.client_with("engagement:read").post(PATH, json={"events": []})
    foreign = send(tenant, event(email=None, contact_id=theirs))
    both = [send(one, event("same")).json["accepted"] for one in (tenant, other_tenant)]

    assert refused.status_code == 403
    assert foreign.json["rejected"][0]["code"] == "contact_not_found"
    assert both == [1, 1]
    assert len(stored(admin, tenant)) == 1


def test_the_raw_event_is_kept_only_where_the_policy_says_for_how_long(
    tenant: Tenant, admin: Admin
) -> None:
    send(tenant, event(type="opened", user_agent="Mail/1", raw={"to": EMAIL}))

    rows = admin.execute(
        "SELECT count(*) FROM engagement_raw WHERE controller_id = %s", (tenant.controller_id,)
    )
    assert rows.fetchone() == (0,)
