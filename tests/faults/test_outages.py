"""Brokers, databases and relays die at any moment: nothing is lost, nothing is reordered."""

import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.db import Connection
from tests.broker import Broker
from tests.factories import Tenant
from tests.faults.inbox import Inbox, first_of_each
from tests.faults.relays import RelayProcess, Writer, active_relays, relaying
from tests.postgres import WORKER_LOGIN, migrated_postgres

pytestmark = [pytest.mark.broker, pytest.mark.rule(26)]

CONTROLLER = uuid.UUID(int=1)
LOG_EVENTS = """
WITH logged AS (
    INSERT INTO events (controller_id, type, subject_id, occurred_at, correlation, data)
    SELECT %(controller)s, 'contact.created.v1', gen_random_uuid(), now(), gen_random_uuid(), '{}'
    FROM generate_series(1, %(count)s)
    RETURNING position, recorded_at, controller_id, subject_id
), pending AS (
    INSERT INTO outbox (position, recorded_at, controller_id, subject_id) SELECT * FROM logged
)
SELECT subject_id FROM logged ORDER BY position
"""

chance = random.Random()  # noqa: S311 - another moment in each run


def log_events(url: str, count: int) -> list[str]:
    """Record events of as many subjects by plain SQL; return the subjects in order."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO controllers (id, slug, name, link_ref) VALUES (%s, 'a', 'A', 1)"
            " ON CONFLICT DO NOTHING",
            (CONTROLLER,),
        )
        rows = connection.execute(LOG_EVENTS, {"controller": CONTROLLER, "count": count})
        return [str(row[0]) for row in rows]


@pytest.fixture
def writer(app: Flask, tenant: Tenant) -> Iterator[Writer]:
    created = Writer(app, tenant)
    yield created
    if created.is_alive():
        created.finish()


def test_with_the_broker_stopped_meanwhile_events_arrive_in_order_after_it_is_back(
    writer: Writer, relay_settings: Settings, broker: Broker, inbox: Inbox
) -> None:
    with relaying(relay_settings):
        broker.stop()
        for _ in range(20):
            writer.record(15)
        broker.start()
        delivered = inbox.await_ids(300)

    assert first_of_each(delivered) == writer.recorded
    assert len(delivered) == 300


def test_with_the_broker_killed_while_events_are_on_their_way_none_is_lost_or_reordered(
    writer: Writer, relay_settings: Settings, broker: Broker, inbox: Inbox
) -> None:
    # RabbitMQ itself forgets a quorum queue that was created moments before a kill.
    broker.restart()
    with relaying(relay_settings):
        writer.start()
        inbox.await_more(100)
        broker.kill()
        broker.start()
        inbox.await_more(100)
        writer.finish()
        delivered = inbox.await_ids(writer.count)

    assert first_of_each(delivered) == writer.recorded


def test_relays_killed_at_random_moments_lose_and_reorder_nothing(
    writer: Writer, relay_settings: Settings, inbox: Inbox
) -> None:
    writer.start()
    for _ in range(5):
        with RelayProcess(relay_settings):
            inbox.await_more()
            time.sleep(chance.uniform(0, 0.2))
    writer.finish()
    with RelayProcess(relay_settings):
        delivered = inbox.await_ids(writer.count)

    assert first_of_each(delivered) == writer.recorded


def test_database_sessions_cut_at_random_moments_lose_and_reorder_nothing(
    writer: Writer, relay_settings: Settings, inbox: Inbox, admin: Connection
) -> None:
    with relaying(relay_settings):
        writer.start()
        for _ in range(8):
            inbox.await_more()
            time.sleep(chance.uniform(0, 0.1))
            for pid in active_relays(admin):
                admin.execute("SELECT pg_terminate_backend(%s)", (pid,))
        writer.finish()
        delivered = inbox.await_ids(writer.count)

    assert first_of_each(delivered) == writer.recorded


def test_with_the_database_stopped_meanwhile_the_relay_comes_back_by_itself(
    broker: Broker, inbox: Inbox, settings: Settings
) -> None:
    with migrated_postgres() as server:
        urls = {"worker_url": server.url(WORKER_LOGIN), "amqp_urls": (broker.url,)}
        with relaying(replace(settings, **urls)):  # type: ignore[arg-type]  # of Settings' own
            before = log_events(server.url(), 100)
            inbox.await_ids(100)
            server.stop()
            server.start()
            after = log_events(server.url(), 100)
            delivered = inbox.await_ids(200)

    assert [one.body["subject"] for one in delivered] == before + after


def test_of_two_relays_one_publishes_and_the_other_takes_over(
    writer: Writer, relay_settings: Settings, inbox: Inbox, admin: Connection
) -> None:
    writer.start()
    with RelayProcess(relay_settings):
        inbox.await_more(100)
        with relaying(relay_settings):
            assert len(active_relays(admin)) == 1
            inbox.await_more(100)
    with relaying(relay_settings):
        inbox.await_more(100)
        writer.finish()
        delivered = inbox.await_ids(writer.count)

    assert first_of_each(delivered) == writer.recorded
    assert active_relays(admin) == []
