"""``GET /v1/events``: the same events for readers without RabbitMQ."""

from typing import Any

import psycopg
import pytest

from crm_service.config import Settings
from crm_service.db import APP_ROLE, SET_CONTROLLER, Connection, connect_options
from crm_service.outbox import feed, service
from tests.factories import Tenant
from tests.outbox.happenings import created, happen, policy_changed, some_subjects, updated

#: Transactions of other tests, or of the server's upkeep, may hold the feed back for a moment.
POLLS = 200


def read(tenant: Tenant, cursor: str | None = None, **query: Any) -> dict[str, Any]:
    if cursor:
        query["after"] = cursor
    response = tenant.client.get("/v1/events", query_string=query)
    assert response.status_code == 200, response.json
    page: dict[str, Any] = response.json
    return page


def read_all(tenant: Tenant, expected: int, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = None
    for _ in range(POLLS):
        page = read(tenant, cursor, **query)
        items, cursor = items + page["items"], page["next_cursor"]
        if len(items) >= expected:
            break
    return items


@pytest.mark.rule(27)
def test_events_come_oldest_first_as_cloudevents(tenant: Tenant) -> None:
    [subject] = some_subjects(1)
    happen(tenant, policy_changed(1))
    happen(tenant, created(subject), updated(subject, 1))

    items = read_all(tenant, 3)

    assert [item["type"] for item in items] == [
        "policy.changed.v1", "contact.created.v1", "contact.updated.v1",
    ]  # fmt: skip
    assert "subject" not in items[0]
    assert items[1]["subject"] == items[2]["subject"] == str(subject)
    assert items[1]["sequence"] < items[2]["sequence"]
    assert items[2]["data"] == {"fields": ["field_1"], "source": "api"}
    assert {item["controller"] for item in items} == {tenant.slug}


@pytest.mark.rule(27)
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_any_size_read_every_event_once(tenant: Tenant, limit: int) -> None:
    [subject] = some_subjects(1)
    for number in range(4):
        happen(tenant, updated(subject, number), updated(subject, number + 10))

    items = read_all(tenant, 8, limit=limit)

    names = [item["data"]["fields"][0] for item in items]
    assert names == [
        "field_0", "field_10", "field_1", "field_11", "field_2", "field_12", "field_3", "field_13",
    ]  # fmt: skip


@pytest.mark.rule(27)
def test_an_older_transaction_that_commits_after_a_newer_one_was_read_is_not_skipped(
    tenant: Tenant, settings: Settings
) -> None:
    slow, quick = some_subjects(2)
    with psycopg.connect(settings.database_url, **connect_options(APP_ROLE)) as late:
        late.execute(SET_CONTROLLER, (str(tenant.controller_id),))
        service.record(late, tenant.controller_id, [created(slow)])
        happen(tenant, created(quick))
        before = read(tenant)
        late.commit()

    items = before["items"]
    cursor = before["next_cursor"]
    while len(items) < 2:
        page = read(tenant, cursor)
        items, cursor = items + page["items"], page["next_cursor"]

    assert before["items"] == []
    assert [item["subject"] for item in items] == [str(slow), str(quick)]


@pytest.mark.rule(27)
def test_a_reader_at_the_end_gets_a_cursor_to_poll_on_with(tenant: Tenant) -> None:
    happen(tenant, policy_changed(1))
    first = read_all(tenant, 1)
    page = read(tenant)
    while not page["items"]:
        page = read(tenant, page["next_cursor"])

    empty = read(tenant, page["next_cursor"])
    happen(tenant, policy_changed(2))
    items: list[Any] = []
    while not items:
        later = read(tenant, empty["next_cursor"])
        items = later["items"]

    assert page["items"] == first
    assert empty["items"] == []
    assert [item["data"]["version"] for item in items] == [2]


def test_a_reader_may_ask_for_some_types_only(tenant: Tenant) -> None:
    [subject] = some_subjects(1)
    happen(tenant, policy_changed(1), created(subject), updated(subject, 1))

    items = read_all(tenant, 2, type=["policy.changed.v1", "contact.updated.v1"])

    assert [item["type"] for item in items] == ["policy.changed.v1", "contact.updated.v1"]


@pytest.mark.rule(36)
def test_nobody_reads_anothers_events_nor_with_anothers_cursor(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    happen(tenant, policy_changed(1))
    read_all(tenant, 1)
    cursor = read(tenant)["next_cursor"]

    refused = other_tenant.client.get("/v1/events", query_string={"after": cursor})

    assert read(other_tenant)["items"] == []
    assert refused.status_code == 400
    assert refused.json["code"] == "invalid_cursor"


@pytest.mark.rule(37)
def test_reading_events_needs_its_scope(tenant: Tenant) -> None:
    response = tenant.client_with("contacts:read").get("/v1/events")

    assert response.status_code == 403
    assert response.json["code"] == "insufficient_scope"


@pytest.mark.rule(38)
def test_reading_events_is_audited_with_their_number(tenant: Tenant, admin: Connection) -> None:
    happen(tenant, policy_changed(1), policy_changed(2))

    read_all(tenant, 2, type="policy.changed.v1")

    entries = admin.execute(
        "SELECT count, details FROM audit_entries WHERE controller_id = %s AND action = %s",
        (tenant.controller_id, "events.list"),
    ).fetchall()
    assert entries == [(2, {"types": ["policy.changed.v1"]})]


def test_a_page_is_read_in_the_order_of_its_index(tenant: Tenant, settings: Settings) -> None:
    facts = {"controller_id": tenant.controller_id, "xid": "5", "position": 0, "end": "99"}
    with psycopg.connect(settings.database_url, **connect_options(APP_ROLE)) as connection:
        # Only a plan that cannot do without sorting would still sort.
        connection.execute("SET LOCAL enable_sort = off")
        rows = connection.execute(f"EXPLAIN {feed.READ}", {**facts, "types": None, "limit": 10})
        plan = "\n".join(row[0] for row in rows)

    assert "Sort  (" not in plan
    assert "_xid_position_idx" in plan


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=1001", 422),
        ("limit=x", 422),
        ("type=Not%20a%20type", 422),
        ("after=nonsense", 400),
        ("cursor=x", 422),
    ],
)
def test_bad_queries_are_refused(tenant: Tenant, query: str, status: int) -> None:
    response = tenant.client.get(f"/v1/events?{query}")

    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
