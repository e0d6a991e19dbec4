"""Putting events back, and the commands for it."""

from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.outbox import cli, replay, repository
from tests.factories import Tenant
from tests.outbox.happenings import created, happen, policy_changed, some_subjects, updated

pytestmark = pytest.mark.usefixtures("empty_outbox")


def waiting(worker: Connection) -> list[int]:
    rows = repository.pending(worker, held=[], busy=[], limit=1000)
    return [row.position for row in rows]


def publish_all(worker: Connection) -> list[int]:
    rows = repository.pending(worker, held=[], busy=[], limit=1000)
    repository.delete(worker, {row.position: row.version for row in rows})
    return [row.position for row in rows]


def run(app: Flask, *arguments: str) -> Result:
    info = ScriptInfo(create_app=lambda: app, set_debug_flag=False)
    return CliRunner().invoke(cli.events, arguments, obj=info)


@pytest.mark.rule(27)
def test_a_range_is_put_back_in_order_and_as_often_as_one_likes(
    tenant: Tenant, worker: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "CHUNK", 2)
    began = utcnow() - timedelta(minutes=1)
    happen(tenant, *(created(subject) for subject in some_subjects(5)))
    published = publish_all(worker)
    narrowed: dict[str, Any] = {"since": began, "controller_id": tenant.controller_id}

    counts = [replay.replay(worker, **narrowed) for _ in range(2)]

    assert [count[tenant.controller_id] for count in counts] == [5, 5]
    assert waiting(worker) == published


@pytest.mark.rule(27)
def test_a_replay_may_be_narrowed_by_time_type_and_controller(
    tenant: Tenant, other_tenant: Tenant, worker: Connection
) -> None:
    [subject] = some_subjects(1)
    began = utcnow() - timedelta(minutes=1)
    happen(tenant, created(subject), policy_changed(1))
    happen(other_tenant, policy_changed(1))
    positions = publish_all(worker)
    mine = tenant.controller_id

    assert not replay.replay(worker, since=began, until=began, controller_id=mine)
    assert not replay.replay(worker, since=began, patterns=["contact_*"], controller_id=mine)
    assert (
        replay.replay(worker, since=began, patterns=["contact.*"], controller_id=mine).total() == 1
    )

    assert waiting(worker) == positions[:1]


@pytest.mark.rule(26)
def test_a_replay_leaves_the_quarantine_alone(tenant: Tenant, worker: Connection) -> None:
    [subject] = some_subjects(1)
    happen(tenant, created(subject), updated(subject, 1))
    poisonous = waiting(worker)[0]
    repository.quarantine(worker, poisonous, problem="too large", attempts=3)

    replay.replay(worker, since=utcnow() - timedelta(minutes=1), controller_id=tenant.controller_id)

    assert waiting(worker) == []
    assert [one.position for one in replay.quarantined(worker)] == [poisonous]


@pytest.mark.rule(27)
def test_events_nobody_was_bound_for_go_out_again_in_order(
    tenant: Tenant, worker: Connection
) -> None:
    happen(tenant, *(created(subject) for subject in some_subjects(3)))
    rows = repository.pending(worker, held=[], busy=[], limit=10)
    repository.mark_unroutable(worker, {row.position: row.version for row in rows})

    first, second = replay.replay_unroutable(worker), replay.replay_unroutable(worker)

    assert (first.total(), second.total()) == (3, 0)
    assert waiting(worker) == [row.position for row in rows]


@pytest.mark.rule(26)
def test_a_released_event_goes_before_those_it_held_back(
    tenant: Tenant, worker: Connection
) -> None:
    [subject] = some_subjects(1)
    happen(tenant, created(subject), updated(subject, 1), updated(subject, 2))
    positions = waiting(worker)
    repository.quarantine(worker, positions[0], problem="too large", attempts=3)

    assert replay.quarantined(worker)[0].holds_back == 2
    assert replay.release(worker, [positions[0], 1]) == [positions[0]]

    assert waiting(worker) == positions


@pytest.mark.rule(27, 38)
def test_the_replay_command_puts_back_counts_and_is_audited(
    app: Flask, tenant: Tenant, worker: Connection, admin: Connection
) -> None:
    happen(tenant, *(created(subject) for subject in some_subjects(3)))
    positions = publish_all(worker)
    since = f"{utcnow() - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"

    result = run(app, "replay", "--since", since, "--controller", tenant.slug)

    assert (result.exit_code, result.output) == (0, "3 events go out again\n")
    assert waiting(worker) == positions
    assert admin.execute(
        "SELECT actor, count FROM audit_entries WHERE controller_id = %s AND action = %s",
        (tenant.controller_id, "events.replay"),
    ).fetchall() == [("operator:events replay", 3)]


def test_the_replay_command_refuses_an_unknown_time_or_controller(app: Flask) -> None:
    no_time = run(app, "replay", "--since", "yesterday")
    no_controller = run(app, "replay", "--since", "2026-01-01", "--controller", "nobody-has-this")

    assert no_time.exit_code == 2
    assert "ISO 8601" in no_time.output
    assert "there is no controller" in str(no_controller.exception)


def test_the_quarantine_commands_list_and_release(
    app: Flask, tenant: Tenant, worker: Connection
) -> None:
    happen(tenant, policy_changed(1), policy_changed(2))
    position = waiting(worker)[0]
    repository.quarantine(worker, position, problem="too large", attempts=3)

    listed = run(app, "quarantine", "list").output
    released = run(app, "quarantine", "release", str(position))
    again = run(app, "quarantine", "release", str(position))

    assert f"{position}  policy.changed.v1  {tenant.slug}" in listed
    assert "holds back 1  too large" in listed
    assert released.output == "1 released\n"
    assert f"not in quarantine: {position}" in str(again.exception)


def test_the_unroutable_command_counts_what_goes_out_again(
    app: Flask, tenant: Tenant, worker: Connection
) -> None:
    happen(tenant, policy_changed(1))
    rows = repository.pending(worker, held=[], busy=[], limit=10)
    repository.mark_unroutable(worker, {row.position: row.version for row in rows})

    result = run(app, "unroutable", "replay", "--controller", tenant.slug)

    assert result.output == "1 events go out again\n"
    assert waiting(worker) == [row.position for row in rows]
