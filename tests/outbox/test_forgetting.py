"""Old months of the event log go as whole tables, and never one that somebody waits for."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from psycopg.rows import TupleRow

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, Connection, connect_options
from crm_service.outbox.cli import events as commands
from crm_service.outbox.forgetting import drop_old_months
from tests.factories import Tenant
from tests.outbox.happenings import happen, policy_changed
from tests.outbox.test_feed import read, read_all

Admin = psycopg.Connection[TupleRow]
Happen = Callable[[datetime, int], int]

MONTH = "events_2019_03"
MARCH = datetime(2019, 3, 31, 23, 59, tzinfo=UTC)
TERM = 13

_EVENT = """
INSERT INTO events (recorded_at, controller_id, type, occurred_at, correlation, data)
VALUES (%(at)s, %(controller)s, 'policy.changed.v1', %(at)s, gen_random_uuid(), %(data)s)
RETURNING position
"""
_WAIT = "INSERT INTO outbox (position, recorded_at, controller_id) VALUES (%s, %s, %s)"
_UNROUTABLE = """
INSERT INTO unroutable_events (position, recorded_at, controller_id, type) VALUES (%s, %s, %s, 'x')
"""
_SET_ASIDE = "UPDATE outbox SET quarantined_at = %s WHERE position = %s"
_PUBLISHED = "DELETE FROM outbox WHERE recorded_at < '2020-01-01'"


@pytest.fixture
def month(admin: Admin) -> Iterator[str]:
    """A month of the log that was over long ago, removed afterwards."""
    admin.execute(
        f"CREATE TABLE {MONTH} PARTITION OF events FOR VALUES FROM ('2019-03-01') TO ('2019-04-01')"
    )
    yield MONTH
    admin.execute(_PUBLISHED)
    admin.execute(f"DROP TABLE IF EXISTS {MONTH}")
    admin.execute("DELETE FROM dropped_events")


@pytest.fixture
def worker(settings: Settings) -> Iterator[Connection]:
    """A connection as the worker has it."""
    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as connection:
        yield connection


@pytest.fixture
def long_ago(admin: Admin, tenant: Tenant) -> Happen:
    """Return the function that lets the tenant's policy change at a past time."""

    def happened(at: datetime, version: int) -> int:
        data = f'{{"policy": "a", "version": {version}, "sha256": "00"}}'
        facts = {"at": at, "controller": tenant.controller_id, "data": data}
        row = admin.execute(_EVENT, facts).fetchone()
        assert row is not None
        position: int = row[0]
        return position

    return happened


def _exists(admin: Admin, name: str) -> bool:
    return admin.execute("SELECT to_regclass(%s) IS NOT NULL", (name,)).fetchone() == (True,)


def test_a_month_that_is_over_for_the_term_goes_and_younger_ones_stay(
    admin: Admin, worker: Connection, month: str, long_ago: Happen
) -> None:
    long_ago(MARCH, 1)
    parts = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass"
    before = admin.execute(parts).fetchone()

    dropped = drop_old_months(worker, months=TERM)

    assert dropped == [month]
    assert not _exists(admin, month)
    assert before is not None
    assert admin.execute(parts).fetchone() == (before[0] - 1,)
    assert _exists(admin, "events_default")


@pytest.mark.parametrize("months", [0, 12 * 50])
def test_a_month_within_the_term_stays(
    admin: Admin, worker: Connection, month: str, months: int
) -> None:
    assert drop_old_months(worker, months=months) == []
    assert _exists(admin, month)


@pytest.mark.rule(26)
@pytest.mark.parametrize("set_aside", [None, MARCH])
def test_a_month_with_an_event_to_publish_or_in_quarantine_stays(
    admin: Admin,
    worker: Connection,
    month: str,
    tenant: Tenant,
    long_ago: Happen,
    set_aside: datetime | None,
) -> None:
    position = long_ago(MARCH, 1)
    admin.execute(_WAIT, (position, MARCH, tenant.controller_id))
    admin.execute(_SET_ASIDE, (set_aside, position))

    awaited = drop_old_months(worker, months=TERM)
    admin.execute(_PUBLISHED)
    published = drop_old_months(worker, months=TERM)

    assert (awaited, published) == ([], [month])


def test_a_month_that_waits_does_not_keep_the_one_after_it(
    admin: Admin, worker: Connection, month: str, tenant: Tenant, long_ago: Happen
) -> None:
    admin.execute("CREATE TABLE events_2019_04 PARTITION OF events "
                  "FOR VALUES FROM ('2019-04-01') TO ('2019-05-01')")  # fmt: skip
    admin.execute(_WAIT, (long_ago(MARCH, 1), MARCH, tenant.controller_id))

    assert drop_old_months(worker, months=TERM) == ["events_2019_04"]
    assert _exists(admin, month)


def test_what_is_in_the_default_partition_stays_however_old(
    admin: Admin, worker: Connection, long_ago: Happen
) -> None:
    position = long_ago(MARCH, 1)

    assert drop_old_months(worker, months=TERM) == []
    found = admin.execute("SELECT count(*) FROM events_default WHERE position = %s", (position,))
    assert found.fetchone() == (1,)
    admin.execute("DELETE FROM events WHERE position = %s", (position,))


def test_while_somebody_reads_the_log_nobody_waits_and_the_month_goes_later(
    admin: Admin, worker: Connection, month: str, settings: Settings, tenant: Tenant
) -> None:
    with psycopg.connect(settings.admin_url) as reader:
        reader.execute("SELECT count(*) FROM events")
        busy = drop_old_months(worker, months=TERM)
        happen(tenant, policy_changed(1))

    assert busy == []
    assert drop_old_months(worker, months=TERM) == [month]
    assert not _exists(admin, month)


@pytest.mark.rule(27)
@pytest.mark.usefixtures("month")
def test_a_cursor_into_a_dropped_month_is_told_and_one_behind_it_reads_on(
    worker: Connection, tenant: Tenant, long_ago: Happen
) -> None:
    long_ago(MARCH, 1)
    long_ago(MARCH, 2)
    read_all(tenant, 2)
    early = read(tenant, limit=1)["next_cursor"]
    seen = read(tenant, early, limit=1)["next_cursor"]
    happen(tenant, policy_changed(3))

    drop_old_months(worker, months=TERM)

    refused = tenant.client.get("/v1/events", query_string={"after": early})
    assert (refused.status_code, refused.json["code"]) == (410, "cursor_too_old")
    assert refused.json["events_since"].startswith("2019-04-01")
    assert [item["data"]["version"] for item in read_all(tenant, 1)] == [3]
    assert read(tenant, seen)["items"] in ([], read_all(tenant, 1))


@pytest.mark.rule(36)
@pytest.mark.usefixtures("month")
def test_the_cursor_of_a_controller_that_lost_nothing_goes_on(
    worker: Connection, other_tenant: Tenant, long_ago: Happen
) -> None:
    early = read(other_tenant)["next_cursor"]
    long_ago(MARCH, 1)

    drop_old_months(worker, months=TERM)

    assert read(other_tenant, early)["items"] == []


@pytest.mark.usefixtures("month")
def test_marks_of_what_nobody_was_bound_for_go_with_their_events(
    admin: Admin, worker: Connection, tenant: Tenant, long_ago: Happen
) -> None:
    admin.execute(_UNROUTABLE, (long_ago(MARCH, 1), MARCH, tenant.controller_id))

    drop_old_months(worker, months=TERM)

    marks = "SELECT count(*) FROM unroutable_events WHERE controller_id = %s"
    assert admin.execute(marks, (tenant.controller_id,)).fetchone() == (0,)


@pytest.mark.usefixtures("month")
def test_a_replay_from_before_the_log_says_so(
    app: Flask, worker: Connection, long_ago: Happen
) -> None:
    long_ago(MARCH, 1)
    drop_old_months(worker, months=TERM)

    result: Result = app.test_cli_runner().invoke(
        commands, ["replay", "--since", "2019-01-01", "--until", "2019-06-01"]
    )

    assert result.exit_code == 0
    assert "before 2019-04-01 are no longer kept" in result.stderr
    assert "0 events go out again" in result.stdout


def test_an_owner_that_cannot_see_what_waits_drops_nothing(admin: Admin, month: str) -> None:
    drop = "SELECT crm_drop_old_events(interval '13 months')"
    with admin.transaction(force_rollback=True):
        admin.execute("CREATE ROLE stranger; GRANT stranger TO CURRENT_USER")
        admin.execute("GRANT USAGE, CREATE ON SCHEMA public TO stranger")
        admin.execute("ALTER FUNCTION crm_drop_old_events(interval) OWNER TO stranger")
        with pytest.raises(psycopg.errors.RaiseException, match="crm_worker"):
            admin.execute(drop)

    assert _exists(admin, month)
