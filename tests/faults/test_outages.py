"""Brokers, databases and relays die at any moment: nothing is lost, nothing is reordered."""

import random
import time
from collections.abc import Iterator

import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.db import Connection
from tests.broker import Broker
from tests.factories import Tenant
from tests.faults.inbox import Inbox, first_of_each
from tests.faults.relays import RelayProcess, Writer, active_relays, relaying

pytestmark = [pytest.mark.broker, pytest.mark.rule(26)]

chance = random.Random()  # noqa: S311 - another moment in each run


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
