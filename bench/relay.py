"""The relay beside bare pika with confirms in flight, to the same quorum queue; and its idle delay.

The limit publishes the very bodies that the relay makes, from memory, with the same properties and
the same window, and knows neither database nor order. Both sides include connecting.
"""

import random
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile

import pika
import psycopg
from prometheus_client import REGISTRY

from bench.house import House, built
from bench.result import Result
from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.outbox import repository
from crm_service.outbox.cloudevents import CONTENT_TYPE, EXCHANGE, serialize
from crm_service.outbox.publisher import WINDOW
from crm_service.outbox.relay import run_relay
from crm_service.web.logs import configure_logging
from tests.broker import Broker

ROUNDS = 5
EVENTS = 15_000
#: An unsubscribe is three events of one subject.
EVENTS_OF_A_SUBJECT = 3
SINGLE_EVENTS = 300
QUEUE = "bench"
TYPE = "contact.unsubscribed.v1"
MOST_MILLISECONDS = 100

CONTROLLER = uuid.UUID(int=1)
_CONTROLLER = "INSERT INTO controllers (id, slug, name, link_ref) VALUES (%s, 'bench', 'Bench', 1)"
_RECORD = """
WITH subjects AS (SELECT gen_random_uuid() AS id FROM generate_series(1, %(subjects)s)),
logged AS (
    INSERT INTO events (controller_id, type, subject_id, occurred_at, correlation, data)
    SELECT %(controller)s, %(type)s, subjects.id, now(), gen_random_uuid(), jsonb_build_object(
        'address_key', gen_random_uuid(), 'channel', 'email', 'topic', 'newsletter',
        'scope', 'topic', 'basis', 'consent', 'campaign', 'spring-2026', 'source', 'one_click')
    FROM subjects, generate_series(1, %(each)s)
    RETURNING position, recorded_at, controller_id, subject_id, id
), pending AS (
    INSERT INTO outbox (position, recorded_at, controller_id, subject_id)
    SELECT position, recorded_at, controller_id, subject_id FROM logged ORDER BY position
)
SELECT id::text FROM logged
"""


def run() -> list[Result]:
    """Measure throughput in turn with the limit, then the delay of single events."""
    configure_logging("ERROR")
    broker = Broker()
    try:
        broker.start()
        with built() as house, psycopg.connect(house.settings.admin_url, autocommit=True) as owner:
            owner.execute(_CONTROLLER, (CONTROLLER,))
            settings = replace(house.settings, amqp_urls=(broker.url,))
            _declare(broker.url)
            return [_throughput(house, settings, owner), _delay(settings, owner)]
    finally:
        broker.remove()


def _throughput(house: House, settings: Settings, owner: psycopg.Connection) -> Result:
    ours, limit = [], []
    [url] = settings.amqp_urls
    for _ in range(ROUNDS + 1):
        _record(owner, EVENTS // EVENTS_OF_A_SUBJECT, EVENTS_OF_A_SUBJECT)
        bodies = _bodies(house)
        _purge(url)
        ours.append(_relayed(settings))
        _purge(url)
        limit.append(_BarePublisher(url, bodies).run())
    # The first round warms caches up and grows files.
    return Result(
        name="event relay / pika with confirms in flight to the same quorum queue",
        ours=EVENTS / statistics.median(ours[1:]),
        limit=EVENTS / statistics.median(limit[1:]),
        unit="events/s",
        target=0.7,
    )


def _delay(settings: Settings, owner: psycopg.Connection) -> Result:
    [url] = settings.amqp_urls
    _purge(url)
    with _running(settings), _consuming(url) as arrived:
        _record(owner, 1, 1)
        _await(lambda: len(arrived) == 1)
        committed: dict[str, float] = {}
        for _ in range(SINGLE_EVENTS):
            [event_id] = _record(owner, 1, 1)
            committed[event_id] = time.perf_counter()
            time.sleep(random.uniform(0.01, 0.06))  # noqa: S311 - out of step with the polling
        _await(lambda: len(arrived) == 1 + SINGLE_EVENTS)
    delays = sorted(1000 * (arrived[one] - at) for one, at in committed.items())
    return Result(
        name="commit to delivery, idle, p99 / the most that is allowed",
        ours=delays[int(len(delays) * 0.99)],
        limit=MOST_MILLISECONDS,
        unit="ms",
        target=1.0,
        lower_is_better=True,
        note=f"p50 {statistics.median(delays):.1f} ms, longest {delays[-1]:.1f} ms",
    )


def _record(owner: psycopg.Connection, subjects: int, each: int) -> list[str]:
    facts = {"controller": CONTROLLER, "type": TYPE, "subjects": subjects, "each": each}
    return [row[0] for row in owner.execute(_RECORD, facts)]


def _bodies(house: House) -> list[tuple[str, bytes]]:
    with psycopg.connect(house.settings.worker_url, **connect_options(WORKER_ROLE)) as connection:
        rows = repository.pending(connection, held=[], busy=[], limit=EVENTS)
    return [(str(row.event.id), serialize(row.event)) for row in rows if row.event]


def _relayed(settings: Settings) -> float:
    before = _published()
    began = time.perf_counter()
    with _running(settings):
        _await(lambda: _published() - before >= EVENTS)
        return time.perf_counter() - began


def _published() -> float:
    return REGISTRY.get_sample_value("crm_events_published_total", {"type": TYPE}) or 0


@contextmanager
def _running(settings: Settings) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run_relay, args=(settings, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class _BarePublisher:
    """What pika can do: publish from memory, many confirms in flight."""

    def __init__(self, url: str, bodies: list[tuple[str, bytes]]) -> None:
        self._url = url
        self._bodies = iter(bodies)
        self._tag = 0
        self._unconfirmed: dict[int, None] = {}

    def run(self) -> float:
        """Publish everything; return the seconds until the last confirm."""
        began = time.perf_counter()
        connection = pika.SelectConnection(
            pika.URLParameters(self._url),
            on_open_callback=lambda opened: opened.channel(on_open_callback=self._ready),
            on_close_callback=lambda closed, _reason: closed.ioloop.stop(),
        )
        connection.ioloop.start()
        return time.perf_counter() - began

    def _ready(self, channel: "pika.channel.Channel") -> None:
        channel.confirm_delivery(
            lambda frame: self._confirmed(channel, frame.method),
            callback=lambda _frame: self._fill(channel),
        )

    def _fill(self, channel: "pika.channel.Channel") -> None:
        while len(self._unconfirmed) < WINDOW and (one := next(self._bodies, None)) is not None:
            message_id, body = one
            properties = pika.BasicProperties(
                content_type=CONTENT_TYPE,
                delivery_mode=2,
                message_id=message_id,
                timestamp=1_700_000_000,
                type=TYPE,
                app_id="crm-service",
            )
            channel.basic_publish(EXCHANGE, TYPE, body, properties, mandatory=True)
            self._tag += 1
            self._unconfirmed[self._tag] = None
        if not self._unconfirmed:
            channel.connection.close()

    def _confirmed(self, channel: "pika.channel.Channel", method: "pika.spec.Basic.Ack") -> None:
        tag = method.delivery_tag
        settled = list(takewhile(tag.__ge__, self._unconfirmed)) if method.multiple else [tag]
        for one in settled:
            del self._unconfirmed[one]
        self._fill(channel)


@contextmanager
def _consuming(url: str) -> Iterator[dict[str, float]]:
    """Read the queue in a thread; yield when each message arrived, by its id."""
    arrived: dict[str, float] = {}
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.basic_consume(
        QUEUE,
        lambda _channel, _method, facts, _body: arrived.setdefault(
            facts.message_id, time.perf_counter()
        ),
        auto_ack=True,
    )
    thread = threading.Thread(target=channel.start_consuming)
    thread.start()
    try:
        yield arrived
    finally:
        connection.add_callback_threadsafe(channel.stop_consuming)
        thread.join()
        connection.close()


def _await(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.002)


def _declare(url: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.exchange_declare(EXCHANGE, "topic", durable=True)
    channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_bind(QUEUE, EXCHANGE, "#")
    connection.close()


def _purge(url: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    connection.channel().queue_purge(QUEUE)
    connection.close()
