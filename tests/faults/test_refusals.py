"""What the broker does not take, or takes for nobody: later events of others go on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.db import Connection
from crm_service.outbox import replay, repository
from crm_service.outbox.cloudevents import EXCHANGE
from tests.broker import Broker
from tests.factories import Tenant
from tests.faults.inbox import PATIENCE_SECONDS, Inbox, first_of_each
from tests.faults.relays import relaying
from tests.outbox.happenings import created, happen, some_subjects, updated

pytestmark = [pytest.mark.broker, pytest.mark.rule(26)]

_LOG = """
WITH logged AS (
    INSERT INTO events (controller_id, type, subject_id, occurred_at, correlation, data)
    VALUES (%s, %s, %s, now(), gen_random_uuid(), jsonb_build_object('fields', %s::jsonb))
    RETURNING position, recorded_at, controller_id, subject_id
)
INSERT INTO outbox (position, recorded_at, controller_id, subject_id)
SELECT * FROM logged RETURNING position
"""


def log_strange(admin: Connection, tenant: Tenant, subject: object, kind: str, data: str) -> int:
    """Record an event that no code of ours would."""
    row = admin.execute(_LOG, (tenant.controller_id, kind, subject, data)).fetchone()
    assert row is not None
    return int(row[0])


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def count_in(admin: Connection, table: str) -> int:
    row = admin.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - our own names
    return int(row[0]) if row else 0


@contextmanager
def largest_message(broker: Broker, size: int) -> Iterator[None]:
    broker.ctl("eval", f"application:set_env(rabbit, max_message_size, {size}).")
    try:
        yield
    finally:
        broker.ctl("eval", "application:set_env(rabbit, max_message_size, 134217728).")


@pytest.mark.rule(27)
def test_what_nobody_is_bound_for_is_noted_and_can_be_replayed_once_somebody_is(
    tenant: Tenant, relay_settings: Settings, broker: Broker, admin: Connection, worker: Connection
) -> None:
    [subject] = some_subjects(1)
    with relaying(relay_settings):
        happen(tenant, updated(subject, 1), updated(subject, 2))
        eventually(lambda: count_in(admin, "unroutable_events") == 2)
        assert count_in(admin, "outbox") == 0
        inbox = Inbox(broker.url)
        replay.replay_unroutable(worker)
        delivered = inbox.await_ids(2)
        inbox.remove()

    assert first_of_each(delivered) == {str(subject): ["field_1", "field_2"]}
    assert count_in(admin, "unroutable_events") == 0


def test_an_event_that_cannot_be_written_is_quarantined_and_holds_back_its_subject_alone(
    tenant: Tenant, relay_settings: Settings, inbox: Inbox, admin: Connection, worker: Connection
) -> None:
    bad, good = some_subjects(2)
    happen(tenant, updated(bad, 1))
    position = log_strange(admin, tenant, bad, "x" * 300, "[]")
    happen(tenant, updated(bad, 2), updated(good, 1))

    with relaying(relay_settings):
        delivered = inbox.await_ids(2)
        eventually(lambda: count_in(admin, "outbox") == 2)

    assert first_of_each(delivered) == {str(bad): ["field_1"], str(good): ["field_1"]}
    [quarantined] = replay.quarantined(worker)
    assert (quarantined.position, quarantined.holds_back) == (position, 1)
    assert "longer than 255 bytes" in quarantined.problem


def test_an_event_that_makes_the_broker_close_the_channel_is_found_out_and_set_aside(
    tenant: Tenant,
    relay_settings: Settings,
    broker: Broker,
    inbox: Inbox,
    admin: Connection,
    worker: Connection,
) -> None:
    bad, *others = some_subjects(30)
    happen(tenant, *(updated(one, 1) for one in others[:15]))
    large = '["' + "x" * 20_000 + '"]'
    position = log_strange(admin, tenant, bad, "contact.updated.v1", large)
    happen(tenant, updated(bad, 2), *(updated(one, 1) for one in others[15:]))

    with largest_message(broker, 10_000), relaying(relay_settings):
        before = first_of_each(inbox.await_ids(29))
        eventually(lambda: len(replay.quarantined(worker)) == 1)
    [quarantined] = replay.quarantined(worker)
    with relaying(relay_settings):
        replay.release(worker, [position])
        after = first_of_each(inbox.await_ids(31))

    assert before == {str(one): ["field_1"] for one in others}
    assert (quarantined.position, quarantined.attempts) == (position, 3)
    assert "larger than" in quarantined.problem
    assert [len(number) for number in after[str(bad)]] == [20_000, len("field_2")]


def test_a_full_queue_refuses_and_gets_everything_in_order_when_there_is_room(
    tenant: Tenant, relay_settings: Settings, broker: Broker, admin: Connection
) -> None:
    [subject] = some_subjects(1)
    full = Inbox(broker.url, {"x-max-length": 2, "x-overflow": "reject-publish"})
    happen(tenant, *(updated(subject, number) for number in range(10)))

    with relaying(relay_settings):
        full.await_more(2)
        delivered = full.await_ids(10)
        eventually(lambda: count_in(admin, "outbox") == 0)
    full.remove()

    assert first_of_each(delivered) == {str(subject): [f"field_{n}" for n in range(10)]}


def test_a_broker_out_of_memory_delays_and_loses_nothing(
    tenant: Tenant, relay_settings: Settings, broker: Broker, inbox: Inbox
) -> None:
    subjects = some_subjects(20)
    with relaying(relay_settings):
        broker.ctl("set_vm_memory_high_watermark", "absolute", "1")
        happen(tenant, *(updated(subject, 1) for subject in subjects))
        happen(tenant, *(updated(subject, 2) for subject in subjects))
        broker.ctl("set_vm_memory_high_watermark", "absolute", "536870912")
        delivered = inbox.await_ids(40)

    assert first_of_each(delivered) == {str(one): ["field_1", "field_2"] for one in subjects}


def test_an_exchange_that_is_gone_is_declared_again_and_no_event_is_blamed(
    tenant: Tenant, relay_settings: Settings, inbox: Inbox, broker: Broker, worker: Connection
) -> None:
    first, second = some_subjects(2)
    with relaying(relay_settings):
        happen(tenant, updated(first, 1))
        inbox.await_ids(1)
        with inbox.channel() as channel:
            channel.exchange_delete(EXCHANGE)
        happen(tenant, updated(second, 1))
        eventually(lambda: worker.execute("SELECT FROM unroutable_events").fetchone() is not None)

    assert replay.quarantined(worker) == []
    assert repository.pending(worker, held=[], busy=[], limit=10) == []


def test_the_next_broker_of_the_list_is_tried(
    tenant: Tenant, relay_settings: Settings, inbox: Inbox, free_port: int
) -> None:
    [subject] = some_subjects(1)
    dead = f"amqp://guest:guest@127.0.0.1:{free_port}/%2F"
    settings = replace(relay_settings, amqp_urls=(dead, *relay_settings.amqp_urls))
    happen(tenant, updated(subject, 1))

    with relaying(settings):
        delivered = inbox.await_ids(1)

    assert first_of_each(delivered) == {str(subject): ["field_1"]}


def test_an_idle_relay_answers_heartbeats(
    tenant: Tenant, relay_settings: Settings, inbox: Inbox, broker: Broker
) -> None:
    [subject] = some_subjects(1)
    url = f"{relay_settings.amqp_urls[0]}?heartbeat=1"
    with relaying(replace(relay_settings, amqp_urls=(url,))):
        happen(tenant, updated(subject, 1))
        inbox.await_ids(1)
        before = broker.ctl("list_connections", "name")
        time.sleep(4)
        after = broker.ctl("list_connections", "name")

    assert len(before.splitlines()) == 2
    assert after == before


@pytest.mark.rule(25)
def test_a_relay_that_is_stopped_settles_what_was_confirmed(
    tenant: Tenant, relay_settings: Settings, inbox: Inbox, admin: Connection
) -> None:
    subjects = some_subjects(200)
    happen(tenant, *(created(subject) for subject in subjects))

    with relaying(relay_settings):
        inbox.await_more(1)
    with relaying(relay_settings):
        delivered = inbox.await_ids(200)
        eventually(lambda: count_in(admin, "outbox") == 0)

    assert len(delivered) == 200


def test_without_a_broker_events_wait_and_the_relay_stops_when_told(
    app: Flask, tenant: Tenant, settings: Settings, empty_outbox: None, admin: Connection
) -> None:
    happen(tenant, *(created(subject) for subject in some_subjects(3)))

    with relaying(replace(settings, amqp_urls=())):
        pass

    assert count_in(admin, "outbox") == 3
