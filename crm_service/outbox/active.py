"""The active relay: reads pending positions, hands them to the publisher, settles the answers.

Database work and publishing overlap: while one batch is on its way, the confirmed one is deleted
and the next is read. Nothing is deleted before the broker confirmed it (rule 26).
"""

import threading
from collections import Counter
from collections.abc import Sequence

import prometheus_client
import structlog

from crm_service.db import Connection
from crm_service.outbox import metrics, repository
from crm_service.outbox.cloudevents import Unserializable, serialize
from crm_service.outbox.delivery import Fate, Outcome
from crm_service.outbox.held import Held
from crm_service.outbox.lanes import Message
from crm_service.outbox.publisher import Publisher
from crm_service.outbox.repository import Pending

#: How long an idle relay sleeps: the greater part of the delay from commit to delivery.
POLL_SECONDS = 0.025
#: Positions in memory, read at once, and of one lane: a busy subject must not crowd out others.
CAPACITY, BATCH, LANE_DEPTH = 4000, 1000, 100
#: Beyond the capacity: a full memory must not keep waiting what somebody waits for.
EXPRESS = 500

log = structlog.get_logger(__name__)


class Relay:
    """The active relay of one process, and what it has in hand.

    It outlives its database sessions: what the broker confirmed meanwhile is settled in the next.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._held = Held()
        self._unsettled: list[Outcome] = []
        self._is_behind = True

    @property
    def alive(self) -> bool:
        """Whether the publisher runs."""
        return self._publisher.alive

    def cycle(self, connection: Connection) -> bool:
        """Settle what the broker answered and read on; return whether more is waiting."""
        self.settle(connection)
        if self._is_behind:
            self._overtake(connection)
        room = min(BATCH, CAPACITY - len(self._held))
        self._is_behind = len(self._held) > BATCH // 2
        if room < BATCH // 4:
            return True
        found = repository.pending(
            connection,
            held=self._held.positions(),
            busy=self._held.deeper_than(LANE_DEPTH // 2),
            limit=room,
        )
        more = len(found) == room
        self._is_behind = self._is_behind or more
        self._publisher.low_water = BATCH // 2 if more else 0
        self._submit(connection, found)
        return more

    def wait(self, stop: threading.Event, *, more: bool) -> None:
        """Return when the next cycle is due: with ``more`` waiting, as soon as there is room."""
        if more:
            self._publisher.news.wait(POLL_SECONDS)
            self._publisher.news.clear()
        else:
            stop.wait(POLL_SECONDS)

    def settle(self, connection: Connection) -> None:
        """Take out of the outbox what the broker took, and note what it did not like."""
        self._unsettled += self._publisher.outcomes()
        if not self._unsettled:
            return
        fates = {fate: [o.message for o in self._unsettled if o.fate is fate] for fate in Fate}
        taken, unbound = fates[Fate.CONFIRMED], fates[Fate.UNROUTABLE]
        if taken:
            repository.delete(connection, self._versions(taken))
        if unbound:
            repository.mark_unroutable(connection, self._versions(unbound))
        for outcome in self._unsettled:
            if outcome.fate is Fate.POISONOUS:
                self._quarantine(connection, outcome.message, outcome.problem)
        self._unsettled = []
        for message in (*taken, *unbound, *fates[Fate.DROPPED]):
            self._held.release(message.lane, message.position)
        _count(metrics.PUBLISHED, taken)
        _count(metrics.UNROUTABLE, unbound)

    def detach(self) -> None:
        """Recall what is not out yet: the database is gone, and the lock with it."""
        self._publisher.recall()

    def close(self) -> None:
        """Wait briefly for what is out, and disconnect from the broker."""
        self._publisher.close()

    def _overtake(self, connection: Connection) -> None:
        """Read what somebody waits for, past the backlog; without one it comes in its turn."""
        room = CAPACITY + EXPRESS - len(self._held)
        if room <= 0:
            return
        found = repository.express(
            connection,
            held=self._held.positions(),
            busy=self._held.deeper_than(LANE_DEPTH // 2),
            limit=min(room, EXPRESS),
            depth=LANE_DEPTH,
        )
        self._submit(connection, found, express=True)

    def _submit(
        self, connection: Connection, found: Sequence[Pending], *, express: bool = False
    ) -> None:
        messages: list[Message] = []
        held_back: set[str] = set()
        for row in found:
            if row.lane in held_back:
                continue
            try:
                message = _message(row, express=express)
            except Unserializable as error:
                held_back.add(row.lane)
                _set_aside(connection, row.position, row.type, str(error), attempts=1)
                continue
            self._held.add(row.lane, row.position, row.version)
            messages.append(message)
            if self._held.depth(row.lane) >= LANE_DEPTH:
                held_back.add(row.lane)
        if messages:
            self._publisher.submit(messages)

    def _quarantine(self, connection: Connection, message: Message, problem: str) -> None:
        _set_aside(
            connection, message.position, message.type, problem, attempts=max(1, message.attempts)
        )
        self._held.release_lane(message.lane)
        self._publisher.forget(message.lane)

    def _versions(self, messages: Sequence[Message]) -> dict[int, str]:
        return {m.position: self._held.version(m.lane, m.position) for m in messages}


def _message(row: Pending, *, express: bool) -> Message:
    if row.event is None:
        raise Unserializable("the log no longer holds it")
    return Message(
        position=row.position,
        lane=row.lane,
        id=str(row.event.id),
        type=row.event.type,
        timestamp=max(0, int(row.event.occurred_at.timestamp())),
        body=serialize(row.event),
        express=express,
    )


def _set_aside(
    connection: Connection, position: int, kind: str, problem: str, *, attempts: int
) -> None:
    repository.quarantine(connection, position, problem=problem, attempts=attempts)
    metrics.QUARANTINED.labels(kind).inc()
    log.error("event_quarantined", position=position, type=kind, problem=problem)


def _count(metric: prometheus_client.Counter, messages: Sequence[Message]) -> None:
    for kind, count in Counter(message.type for message in messages).items():
        metric.labels(kind).inc(count)
