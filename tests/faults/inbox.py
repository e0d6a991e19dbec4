"""A consumer as the contract knows it: a durable quorum queue bound to ``crm.events``."""

import json
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from crm_service.outbox.cloudevents import EXCHANGE

PATIENCE_SECONDS = 90.0


@dataclass(frozen=True)
class Delivered:
    """One message as it came, duplicates included."""

    routing_key: str
    properties: Any
    raw: bytes
    tag: int

    @property
    def body(self) -> dict[str, Any]:
        """The CloudEvent."""
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def number(self) -> str:
        """What tells one subject's events apart: see ``tests.outbox.happenings``."""
        data = self.body["data"]
        return str(data["fields"][0] if "fields" in data else data["ground"])


class Inbox:
    """One queue and everything that was read from it."""

    def __init__(
        self,
        url: str,
        arguments: Mapping[str, object] | None = None,
        *,
        keys: Sequence[str] = ("#",),
    ) -> None:
        self.url = url
        self.queue = f"inbox-{uuid.uuid4()}"
        self.delivered: list[Delivered] = []
        self.ids: set[str] = set()
        with self.channel() as channel:
            channel.exchange_declare(EXCHANGE, "topic", durable=True)
            channel.queue_declare(
                self.queue, durable=True, arguments={"x-queue-type": "quorum", **(arguments or {})}
            )
            for key in keys:
                channel.queue_bind(self.queue, EXCHANGE, key)

    @contextmanager
    def channel(self) -> Iterator[BlockingChannel]:
        """Yield a channel of a connection of its own."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    def await_ids(self, count: int) -> list[Delivered]:
        """Read until so many different events have come; what was read before counts."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self.channel() as channel:
            channel.basic_qos(prefetch_count=1000)
            channel.basic_consume(self.queue, self._take)
            while len(self.ids) < count:
                assert time.monotonic() < deadline, f"only {len(self.ids)} arrived"
                before = len(self.delivered)
                channel.connection.process_data_events(time_limit=0.05)
                if len(self.delivered) > before:
                    channel.basic_ack(self.delivered[-1].tag, multiple=True)
        return self.delivered

    def _take(self, _channel: BlockingChannel, method: Any, properties: Any, raw: bytes) -> None:
        delivered = Delivered(method.routing_key, properties, raw, method.delivery_tag)
        self.delivered.append(delivered)
        self.ids.add(properties.message_id)

    def await_more(self, count: int = 1) -> None:
        """Return when so many messages more are in the queue. Nothing is read.

        Only a queue that nobody has read from keeps the order of its messages over a crash.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self.channel() as channel:
            expected = self._waiting(channel) + count
            while (waiting := self._waiting(channel)) < expected:
                assert time.monotonic() < deadline, f"only {waiting} arrived"
                time.sleep(0.005)

    def _waiting(self, channel: BlockingChannel) -> int:
        declared = channel.queue_declare(self.queue, passive=True)
        count: int = declared.method.message_count
        return count

    def remove(self) -> None:
        """Delete the queue."""
        with self.channel() as channel:
            channel.queue_delete(self.queue)


def first_of_each(delivered: Sequence[Delivered]) -> dict[str, list[str]]:
    """Return each subject's numbers as a deduplicating consumer sees them, in order.

    A duplicate must be the same message to the last byte.
    """
    seen: dict[str, bytes] = {}
    numbers: dict[str, list[str]] = defaultdict(list)
    for one in delivered:
        known = seen.get(one.properties.message_id)
        if known is None:
            seen[one.properties.message_id] = one.raw
            numbers[one.body["subject"]].append(one.number)
        elif known != one.raw:
            raise AssertionError(f"two messages have the id {one.properties.message_id}")
    return dict(numbers)
