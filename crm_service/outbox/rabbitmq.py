"""The only module that speaks to RabbitMQ: a link that never gives up and never reorders.

Messages are mandatory, persistent and publisher-confirmed (rule 26), with many confirms in flight,
and go to the durable topic exchange ``crm.events``.
"""

import logging
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pika
import structlog
from pika.adapters.select_connection import IOLoop
from pika.exceptions import AMQPError
from pika.spec import PERSISTENT_DELIVERY_MODE

from crm_service.outbox.brokers import Brokers, pause
from crm_service.outbox.cloudevents import CONTENT_TYPE, EXCHANGE
from crm_service.outbox.delivery import Delivery
from crm_service.outbox.lanes import Message

#: What a broker's URL does not say itself (``?heartbeat=…``), in seconds.
DEFAULTS = {"heartbeat": 20, "blocked_connection_timeout": 60, "socket_timeout": 5}
WATCH_SECONDS = 1.0
#: A connection that held this long was a good one.
STABLE_SECONDS = 10.0

log = structlog.get_logger(__name__)


class _Connection(pika.SelectConnection):  # type: ignore[misc]  # pika ships no types
    """A connection that can send many messages by one system call instead of three a message."""

    _burst: list[bytes] | None = None

    @contextmanager
    def burst(self) -> Iterator[None]:
        """Send what is published inside when the block ends."""
        self._burst = []
        try:
            yield
        finally:
            burst, self._burst = self._burst, None
            if burst:
                self._adapter_emit_data(b"".join(burst))

    def _adapter_emit_data(self, data: bytes) -> None:
        if self._burst is None:
            super()._adapter_emit_data(data)
        else:
            self._burst.append(data)


class Link:
    """The link to the first broker that answers. Only ``call`` may come from another thread.

    Sends what ``delivery`` hands out, and tells it what the broker says. A lost connection, a
    refused message or a blocked broker only delays.
    """

    def __init__(
        self, urls: Sequence[str], delivery: Delivery, *, on_progress: Callable[[], None]
    ) -> None:
        self._brokers = Brokers(urls)
        self._delivery = delivery
        self._on_progress = on_progress
        self._loop = IOLoop()
        self._connection: _Connection | None = None
        self._channel: pika.channel.Channel | None = None
        self._blocked = False
        self._closing = False
        self._ready_at: float | None = None
        self._progress_at = 0.0

    def run(self) -> None:
        """Serve the link until ``shut``."""
        # Of every failed attempt pika tells in a dozen lines what we tell in one.
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        self._connect()
        self._watch()
        self._loop.start()

    def call(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called in the thread of ``run``; calls keep their order."""
        self._loop.add_callback_threadsafe(callback)

    def shut(self, grace: float) -> None:
        """Send nothing more, and end ``run`` after the last confirm or ``grace`` seconds."""
        self._closing = True
        self._loop.call_later(grace, self._disconnect)
        self._loop.call_later(grace + 1, self._loop.stop)
        self._disconnect_when_idle()

    def dispose(self) -> None:
        """Free what the loop holds, after ``run`` has ended."""
        self._loop.close()

    def _connect(self) -> None:
        self._connection = connection = _Connection(
            _parameters(self._brokers.url),
            on_open_callback=self._open_channel,
            on_open_error_callback=self._on_connection_gone,
            on_close_callback=self._on_connection_gone,
            custom_ioloop=self._loop,
        )
        connection.add_on_connection_blocked_callback(lambda *_: self._block(blocked=True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._block(blocked=False))

    def _open_channel(self, connection: _Connection) -> None:
        self._ready_at = None
        connection.channel(on_open_callback=self._on_channel_open)

    def _on_channel_open(self, channel: "pika.channel.Channel") -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(
            lambda _channel, _method, facts, _body: self._delivery.returned(facts.message_id)
        )
        channel.exchange_declare(
            EXCHANGE,
            exchange_type="topic",
            durable=True,
            callback=lambda _frame: channel.confirm_delivery(
                self._on_confirm, callback=lambda _frame: self._on_ready(channel)
            ),
        )

    def _on_ready(self, channel: "pika.channel.Channel") -> None:
        log.info("relay_connected", broker=self._brokers.name)
        self._delivery.begin()
        self._channel = channel
        self._ready_at = time.monotonic()
        self.pump()

    def pump(self) -> None:
        """Send as much as the window allows."""
        connection, channel = self._connection, self._channel
        if connection is None or channel is None or not channel.is_open:
            return
        if self._blocked or self._closing:
            return
        if not self._delivery.out:
            self._progress_at = time.monotonic()
        with connection.burst():
            while (message := self._delivery.next()) is not None:
                self._publish(channel, message)
        self._on_progress()

    def _publish(self, channel: "pika.channel.Channel", message: Message) -> None:
        try:
            channel.basic_publish(
                EXCHANGE, message.type, message.body, _properties(message), mandatory=True
            )
        except (AMQPError, ValueError, TypeError, struct.error) as error:
            self._delivery.not_sent(message, f"cannot be encoded: {type(error).__name__}")

    def _on_confirm(self, frame: "pika.frame.Method") -> None:
        self._progress_at = time.monotonic()
        tag, multiple = frame.method.delivery_tag, frame.method.multiple
        if isinstance(frame.method, pika.spec.Basic.Nack):
            refused = self._delivery.refused(tag, multiple=multiple)
            log.warning("relay_refused", broker=self._brokers.name, count=len(refused))
            for message in refused:
                self._try_later(message)
        else:
            self._brokers.confirmed()
            self._delivery.confirmed(tag, multiple=multiple)
        self.pump()
        self._disconnect_when_idle()

    def _try_later(self, message: Message) -> None:
        def try_again() -> None:
            self._delivery.retry([message])
            self.pump()

        self._loop.call_later(pause(message.refusals), try_again)

    def _on_channel_closed(self, _channel: "pika.channel.Channel", reason: Exception) -> None:
        was_ready, self._channel = self._ready_at is not None, None
        at_fault = self._delivery.lost(getattr(reason, "reply_code", None), str(reason))
        self._on_progress()
        connection = self._connection
        if connection is None or not connection.is_open or self._closing:
            return
        log.warning("relay_channel_closed", broker=self._brokers.name, problem=str(reason))
        if at_fault and was_ready:
            self._open_channel(connection)
        else:
            connection.close()

    def _on_connection_gone(self, _connection: object, reason: BaseException) -> None:
        self._connection = self._channel = None
        self._blocked = False
        if self._closing:
            self._loop.stop()
            return
        log.warning("relay_disconnected", broker=self._brokers.name, error=type(reason).__name__)
        if self._ready_at is not None and time.monotonic() - self._ready_at > STABLE_SECONDS:
            self._brokers.connected()
        self._ready_at = None
        self._loop.call_later(self._brokers.failed(), self._connect)

    def _block(self, *, blocked: bool) -> None:
        log.warning("relay_blocked" if blocked else "relay_unblocked", broker=self._brokers.name)
        self._blocked = blocked
        self.pump()

    def _watch(self) -> None:
        silent = time.monotonic() - self._progress_at > self._brokers.patience
        if self._channel is not None and self._delivery.out and silent:
            log.error("relay_unconfirmed", broker=self._brokers.name, count=self._delivery.out)
            self._brokers.silent()
            self._disconnect()
        self._loop.call_later(WATCH_SECONDS, self._watch)

    def _disconnect_when_idle(self) -> None:
        if self._closing and (self._channel is None or not self._delivery.out):
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is None:
            self._loop.stop()
        elif not (self._connection.is_closing or self._connection.is_closed):
            self._connection.close()


def _parameters(url: str) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    named = parse_qs(urlsplit(url).query)
    for name, value in DEFAULTS.items():
        if name not in named:
            setattr(parameters, name, value)
    parameters.client_properties = {"connection_name": "crm-service relay"}
    return parameters


def _properties(message: Message) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=CONTENT_TYPE,
        delivery_mode=PERSISTENT_DELIVERY_MODE,
        message_id=message.id,
        timestamp=message.timestamp,
        type=message.type,
        app_id="crm-service",
    )
