"""The order of messages in memory: one lane a subject, one message of a lane out at a time.

Lanes in which somebody waits for a message go before the others (ADR 0036).
"""

from bisect import insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

_position = attrgetter("position")


@dataclass(slots=True)
class Message:
    """One event ready for the wire.

    ``lane``: what it is ordered by, its subject or, without one, its controller. ``timestamp``:
    seconds since 1970. ``attempts``: how often the broker blamed this very message. ``express``:
    whether somebody waits for it, or for one behind it in its lane.
    """

    position: int
    lane: str
    id: str
    type: str
    timestamp: int
    body: bytes
    express: bool = False
    attempts: int = 0
    refusals: int = 0


class Lanes:
    """Messages waiting by lane. Not thread-safe: one thread owns it.

    Guarantees: ``take`` hands out a lane's messages by position, and the next one only after the
    one before was finished; no lane waits for another, but for the express ones.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, deque[Message]] = {}
        #: Names of lanes whose head may go out. A lane that became express stands in both: the
        #: name that comes second finds it taken, or finds it ready, which does no harm.
        self._ready: deque[str] = deque()
        self._ready_first: deque[str] = deque()
        self._express: set[str] = set()
        self._taken: set[str] = set()
        self._size = 0

    def __len__(self) -> int:
        """Return how many messages are here, waiting or out."""
        return self._size

    def add(self, messages: Iterable[Message]) -> None:
        """Queue messages. An older one (replayed) goes before the younger ones not yet out."""
        for message in messages:
            self._size += 1
            lane = self._lanes.get(message.lane)
            if lane is None:
                self._lanes[message.lane] = deque((message,))
                self._hurry(message)
                self._make_ready(message.lane)
                continue
            if lane[-1].position < message.position:
                lane.append(message)
            else:
                insort(lane, message, lo=int(message.lane in self._taken), key=_position)
            if self._hurry(message) and message.lane not in self._taken:
                self._make_ready(message.lane)

    def take(self) -> Message | None:
        """Return the head of the lane that has waited longest, express ones first, or None."""
        for ready in (self._ready_first, self._ready):
            while ready:
                name = ready.popleft()
                if name in self._lanes and name not in self._taken:
                    self._taken.add(name)
                    return self._lanes[name][0]
        return None

    def finish(self, message: Message) -> None:
        """Go on with the lane of a message that was taken and is dealt with."""
        lane = self._lanes[message.lane]
        lane.popleft()
        self._size -= 1
        self._taken.discard(message.lane)
        if lane:
            self._make_ready(message.lane)
        else:
            self._drop(message.lane)

    def retry(self, messages: Iterable[Message]) -> None:
        """Let messages that were taken go out again, before everything else."""
        for message in sorted(messages, key=_position, reverse=True):
            self._taken.discard(message.lane)
            self._ready_first.appendleft(message.lane)

    def forget(self, name: str) -> None:
        """Drop a lane whose head is out, with everything behind it."""
        self._size -= len(self._lanes.get(name, ()))
        self._taken.discard(name)
        self._drop(name)

    def recall(self) -> list[Message]:
        """Drop and return every message that is not out."""
        recalled: list[Message] = []
        for name, lane in list(self._lanes.items()):
            head = [lane.popleft()] if name in self._taken else []
            recalled.extend(lane)
            if head:
                self._lanes[name] = deque(head)
            else:
                self._drop(name)
        self._ready.clear()
        self._ready_first.clear()
        self._size -= len(recalled)
        return recalled

    def _hurry(self, message: Message) -> bool:
        """Make the lane express if somebody waits for the message; tell whether it became so."""
        if not message.express or message.lane in self._express:
            return False
        self._express.add(message.lane)
        return True

    def _make_ready(self, name: str) -> None:
        (self._ready_first if name in self._express else self._ready).append(name)

    def _drop(self, name: str) -> None:
        self._lanes.pop(name, None)
        self._express.discard(name)
