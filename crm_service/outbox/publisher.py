"""The publisher as its owner sees it: give messages, collect what became of them, from any thread.

It runs in a thread of its own, so that heartbeats are answered whatever the database does.
"""

import threading
from collections.abc import Sequence

from crm_service.outbox.delivery import Delivery, Outcome
from crm_service.outbox.lanes import Message
from crm_service.outbox.rabbitmq import Link

WINDOW = 500


class Publisher:
    """Every message given to ``submit`` ends as exactly one ``Outcome``, but for those forgotten.

    ``news`` is set when no more than ``low_water`` messages wait to go out.
    """

    def __init__(self, urls: Sequence[str], *, window: int = WINDOW) -> None:
        self.news = threading.Event()
        self.low_water = 0
        self._delivery = Delivery(window)
        self._link = Link(urls, self._delivery, on_progress=self._tell)
        self._thread = threading.Thread(target=self._link.run, name="publisher", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs; it ends only by ``close`` or by a defect."""
        return self._thread.is_alive()

    def submit(self, messages: Sequence[Message]) -> None:
        """Take over messages: those of one lane go out in the order of their positions."""

        def take_over() -> None:
            self._delivery.add(messages)
            self._link.pump()

        self._link.call(take_over)

    def outcomes(self) -> list[Outcome]:
        """Return what has become known since the last call."""
        found = self._delivery.outcomes
        return [found.popleft() for _ in range(len(found))]

    def forget(self, lane: str) -> None:
        """Drop what waits behind a poisonous message that is quarantined now."""
        self._link.call(lambda: self._delivery.forget(lane))

    def recall(self) -> None:
        """Drop what has not gone out; its outcome is ``DROPPED``."""
        self._link.call(self._delivery.recall)

    def close(self, grace: float = 2.0) -> None:
        """Send nothing more, wait up to ``grace`` seconds for confirms, and disconnect for good."""
        if self.alive:
            self._link.call(lambda: self._link.shut(grace))
            self._thread.join(grace + 5)
        if not self.alive:
            self._link.dispose()

    def _tell(self) -> None:
        if self._delivery.waiting <= self.low_water:
            self.news.set()
