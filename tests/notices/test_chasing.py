"""A recipient that does not confirm is told again, until it has (clause ws-05)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import psycopg
import pytest
import time_machine
from flask import Flask

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.notices import chasing
from tests.notices.owed import granted, notices, step
from tests.permissions.person import Admin
from tests.recipients.register import MAILHOUSE, enter, hand, under
from tests.rights.asking import told

ERASED = datetime(2026, 11, 2, 10, tzinfo=UTC)


def remind(settings: Settings, days: float) -> None:
    """Do the worker's duty, so many days after the erasure."""
    with (
        time_machine.travel(ERASED + timedelta(days=days), tick=False),
        psycopg.connect(
            settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
        ) as worker,
    ):
        chasing.remind(worker)


def erase(app: Flask, admin: Admin, policy: str, **facts: Any) -> Any:
    """Have somebody erased whose data went to the mailhouse; return who it was."""
    mari = under(app, admin, policy)
    enter(mari.tenant, MAILHOUSE)
    enter(mari.tenant, MAILHOUSE, slug="backups", name="Backups")
    hand(mari)
    with time_machine.travel(ERASED, tick=False):
        granted(mari, "erasure", **facts)
    return mari


@pytest.mark.rule(25, 33)
@pytest.mark.clause("ws-05")
def test_each_is_reminded_every_week_once_it_is_late_until_it_has_confirmed(
    app: Flask, admin: Admin, settings: Settings
) -> None:
    tenant = erase(app, admin, "websystems").tenant
    first, second = notices(tenant, open="true")
    step(tenant, first, "acknowledgement", by="email")

    for days in (14, 14.9, 15, 15.5, 22.5, 23):
        remind(settings, days)
    step(tenant, second, "acknowledgement", by="post")
    remind(settings, 60)

    events = told(admin, tenant, "recipient_notice.due.v1")
    assert [one.get("reminder") for one in events] == [None, None, 1, 2]
    assert {one["notice_id"] for one in events[2:]} == {second["id"]}


@pytest.mark.rule(33)
def test_of_reminders_missed_while_no_worker_ran_one_is_told(
    app: Flask, admin: Admin, settings: Settings
) -> None:
    tenant = erase(app, admin, "websystems").tenant

    remind(settings, 100)
    remind(settings, 100)

    events = told(admin, tenant, "recipient_notice.due.v1")
    assert [one.get("reminder") for one in events] == [None, None, 1, 1]


@pytest.mark.rule(33)
@pytest.mark.clause("ws-05")
def test_a_policy_says_whether_processors_without_a_disclosure_are_told(
    app: Flask, admin: Admin
) -> None:
    every = erase(app, admin, "websystems").tenant
    known = erase(app, admin, "cantec-ee").tenant

    assert sorted(one["recipient"] for one in notices(every)) == ["backups", "mailhouse"]
    assert [one["recipient"] for one in notices(known)] == ["mailhouse"]


def test_what_is_open_and_late_is_counted(app: Flask, admin: Admin, settings: Settings) -> None:
    erase(app, admin, "websystems")

    remind(settings, 15)

    gauges = (chasing.OPEN, chasing.OVERDUE)
    waiting, late = (next(iter(one.collect())).samples[0].value for one in gauges)
    assert waiting >= late >= 2


@pytest.mark.rule(25, 33)
def test_of_two_workers_at_once_one_reminds(app: Flask, admin: Admin, settings: Settings) -> None:
    tenant = erase(app, admin, "websystems").tenant
    together = Barrier(4)

    def work() -> None:
        with psycopg.connect(
            settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
        ) as worker:
            together.wait()
            chasing.remind(worker)

    with (
        time_machine.travel(ERASED + timedelta(days=15), tick=False),
        ThreadPoolExecutor(4) as workers,
    ):
        done = [workers.submit(work) for _ in range(4)]
        assert [each.result() for each in done] == [None] * 4

    events = told(admin, tenant, "recipient_notice.due.v1")
    assert [one.get("reminder") for one in events] == [None, None, 1, 1]
