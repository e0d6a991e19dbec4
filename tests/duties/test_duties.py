"""What a controller has yet to do is counted every hour and told once a day (Art. 14; no-05)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.rows import TupleRow

from crm_service.config import Settings
from crm_service.db import APP_ROLE, WORKER_ROLE, connect_options
from crm_service.duties import duty, service
from tests.contacts.register import Admin
from tests.informing.test_duties import register
from tests.outbox.strict import problems
from tests.rights.asking import at, told, under

OVERDUE, DUE = "information_duties.overdue.v1", "reviews.due.v1"
ADDED, MONTH_LATER, YEAR_LATER = (
    f"{day}T10:00:00+01:00" for day in ("2027-01-10", "2027-02-10", "2028-01-10")
)


@pytest.fixture
def acting(settings: Settings) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection as the service has it, outside any transaction."""
    with psycopg.connect(
        settings.database_url, autocommit=True, **connect_options(APP_ROLE)
    ) as connection:
        yield connection


def look(settings: Settings) -> None:
    """Do the worker's duty once."""
    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as worker:
        duty.look(worker, settings, Event())


def gauge(one: Any) -> float:
    """Return what a gauge says."""
    return float(next(iter(one.collect())).samples[0].value)


@pytest.mark.rule(25, 39)
@pytest.mark.clause("se-02")
def test_people_who_should_have_been_told_are_a_number_once_a_day(
    app: Flask, admin: Admin, acting: psycopg.Connection[TupleRow]
) -> None:
    tenant = under(app, "tenzor")
    with at(ADDED):
        for number in range(2):
            register(tenant, "public_source", f"m{number}@example.com")
    with at("2027-01-20T10:00:00+01:00"):
        register(tenant, "business_contact", "later@example.com")
        before = service.look(acting, tenant.controller_id)
    with at(MONTH_LATER):
        first = service.look(acting, tenant.controller_id)
    with at("2027-02-10T11:30:00+01:00"):
        again = service.look(acting, tenant.controller_id)
    with at("2027-02-11T00:30:00+01:00"):
        next_day = service.look(acting, tenant.controller_id)

    assert (before, first, again, next_day) == (0, 1, 0, 1)
    assert told(admin, tenant, OVERDUE) == [{"overdue": 2, "owed": 3}] * 2


@pytest.mark.rule(25)
@pytest.mark.clause("no-05")
def test_contacts_up_for_review_are_a_number_once_a_day(
    app: Flask, admin: Admin, acting: psycopg.Connection[TupleRow]
) -> None:
    tenant = under(app, "cantec-no")
    with at(ADDED):
        register(tenant, "person")
    with at(YEAR_LATER):
        service.look(acting, tenant.controller_id)
        service.look(acting, tenant.controller_id)

    [event] = told(admin, tenant, DUE)
    assert event == {"due": 1, "unused_since": "2027-01-10T09:00:00Z"}


@pytest.mark.rule(25)
def test_of_two_workers_at_once_one_counts_and_tells(
    app: Flask, admin: Admin, settings: Settings
) -> None:
    tenant = under(app, "tenzor")
    with at(ADDED):
        register(tenant, "public_source")
    together = Barrier(4)

    def work() -> int:
        with psycopg.connect(
            settings.database_url, autocommit=True, **connect_options(APP_ROLE)
        ) as connection:
            together.wait()
            return service.look(connection, tenant.controller_id)

    with at(MONTH_LATER), ThreadPoolExecutor(4) as workers:
        done = [workers.submit(work) for _ in range(4)]
        events = [each.result() for each in done]

    assert sorted(events) == [0, 0, 0, 1]
    assert len(told(admin, tenant, OVERDUE)) == 1


@pytest.mark.rule(25)
def test_a_day_that_was_told_is_not_told_again_by_whoever_counted_meanwhile(
    app: Flask, admin: Admin, acting: psycopg.Connection[TupleRow]
) -> None:
    tenant = under(app, "tenzor")
    with at(ADDED):
        register(tenant, "public_source")
    with at(MONTH_LATER):
        service.look(acting, tenant.controller_id)
        admin.execute("UPDATE duty_counts SET counted_at = '2000-01-01'")
        again = service.look(acting, tenant.controller_id)

    assert (again, len(told(admin, tenant, OVERDUE))) == (0, 1)


def test_gauges_add_up_what_every_controller_owes_and_name_none(
    app: Flask, settings: Settings
) -> None:
    with at(ADDED):
        for _ in range(2):
            register(under(app, "tenzor"), "public_source")
        register(under(app, "cantec-no"), "person")
    with at(YEAR_LATER):
        look(settings)

    assert gauge(duty.OWED) >= gauge(duty.OVERDUE) >= 2
    assert gauge(duty.DUE) >= 1
    assert not any(next(iter(one.collect())).samples[0].labels for one in (duty.OWED, duty.DUE))


def test_a_controller_without_a_policy_stops_no_other(app: Flask, settings: Settings) -> None:
    tenant = under(app, "tenzor")
    with psycopg.connect(settings.admin_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO controllers (id, slug, name, link_ref)"
            " VALUES (gen_random_uuid(), '0-without-a-policy', 'W', 4242)"
        )
    look(settings)

    with psycopg.connect(settings.admin_url) as connection:
        counted = connection.execute(
            "SELECT duty FROM duty_counts WHERE controller_id = %s ORDER BY duty",
            (tenant.controller_id,),
        ).fetchall()
    assert counted == [("information",), ("review",)]


@pytest.mark.rule(25, 39)
def test_the_events_are_about_the_controller_and_fit_their_schemas(
    app: Flask, acting: psycopg.Connection[TupleRow]
) -> None:
    tenant = under(app, "tenzor")
    with at(ADDED):
        register(tenant, "public_source")
    with at(MONTH_LATER):
        service.look(acting, tenant.controller_id)

    events = tenant.client.get("/v1/events").json["items"]
    [event] = [one for one in events if one["type"] == OVERDUE]
    assert ("subject" in event, problems(event)) == (False, [])


@pytest.mark.rule(36)
def test_the_worker_sees_numbers_and_not_whose(settings: Settings) -> None:
    with (
        psycopg.connect(
            settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
        ) as worker,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        worker.execute("SELECT controller_id FROM duty_counts")
