"""What is on its way to the broker, and what became of it. Knows no AMQP library, only its rules.

A message is out until the broker confirms it. Nothing is lost when a channel closes: what was not
confirmed goes out again, in order. Where the broker closes a channel *because of* a message, the
suspects are sent one by one until the guilty one is known; after three attempts it is set aside.
"""

from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from itertools import takewhile
from typing import NamedTuple

from crm_service.outbox.lanes import Lanes, Message

ATTEMPTS = 3

#: AMQP 0-9-1 section 1.1: content too large, precondition failed (in RabbitMQ: larger than the
#: broker's maximum), syntax error. Any other code tells of the broker or of rights, not of a
#: message: nothing is set aside for it.
MESSAGE_AT_FAULT = frozenset({311, 406, 502})


class Fate(Enum):
    """What became of a message. ``DROPPED``: recalled, it never went out."""

    CONFIRMED = auto()
    UNROUTABLE = auto()
    POISONOUS = auto()
    DROPPED = auto()


class Outcome(NamedTuple):
    """The fate of one message; ``problem`` says what a poisonous one did."""

    message: Message
    fate: Fate
    problem: str = ""


class Delivery:
    """Messages of one channel after the other. ``window``: how many may be unconfirmed at once.

    Only ``outcomes`` may be touched by another thread (a deque appends and pops atomically).
    """

    def __init__(self, window: int) -> None:
        self.outcomes: deque[Outcome] = deque()
        self._window = window
        self._lanes = Lanes()
        self._out: dict[int, Message] = {}
        self._returned: set[str] = set()
        self._suspects: set[int] = set()
        self._tag = 0

    @property
    def out(self) -> int:
        """How many messages are unconfirmed."""
        return len(self._out)

    @property
    def waiting(self) -> int:
        """How many messages have not gone out yet."""
        return len(self._lanes) - len(self._out)

    def add(self, messages: Sequence[Message]) -> None:
        """Take over messages, in the order of their lanes."""
        self._lanes.add(messages)

    def begin(self) -> None:
        """Start on a new channel, which counts its delivery tags from 1."""
        self._tag = 0

    def next(self) -> Message | None:
        """Return the message to publish now, which gets the next delivery tag; None: wait."""
        if len(self._out) >= (1 if self._suspects else self._window):
            return None
        message = self._lanes.take()
        if message is not None:
            self._tag += 1
            self._out[self._tag] = message
        return message

    def not_sent(self, message: Message, problem: str) -> None:
        """Set the message just handed out aside: it cannot be encoded, and its tag was not used."""
        del self._out[self._tag]
        self._tag -= 1
        self._set_aside(message, problem)

    def returned(self, message_id: str) -> None:
        """Note that no queue was bound for this message (its confirm follows)."""
        self._returned.add(message_id)

    def confirmed(self, tag: int, *, multiple: bool) -> None:
        """Note that the broker took the message, or every one up to it."""
        for message in self._settled(tag, multiple=multiple):
            self._lanes.finish(message)
            self._suspects.discard(message.position)
            fate = Fate.CONFIRMED
            if message.id in self._returned:
                self._returned.discard(message.id)
                fate = Fate.UNROUTABLE
            self.outcomes.append(Outcome(message, fate))

    def refused(self, tag: int, *, multiple: bool) -> list[Message]:
        """Return what the broker did not take; each waits until it is given to ``retry``."""
        refused = self._settled(tag, multiple=multiple)
        for message in refused:
            message.refusals += 1
            self._suspects.discard(message.position)
            self._returned.discard(message.id)
        return refused

    def retry(self, messages: Sequence[Message]) -> None:
        """Let messages that were refused go out again."""
        self._lanes.retry(messages)

    def lost(self, code: int | None, reason: str) -> bool:
        """Prepare for another channel: this one closed, by the broker if there is a ``code``.

        Returns whether it closed because of one of the messages on it.
        """
        at_fault = code in MESSAGE_AT_FAULT
        out = list(self._out.values())
        self._out.clear()
        self._returned.clear()
        if at_fault and len(out) == 1:
            out[0].attempts += 1
            if out[0].attempts >= ATTEMPTS:
                self._set_aside(out.pop(), reason)
        if at_fault:
            self._suspects.update(message.position for message in out)
        self._lanes.retry(out)
        return at_fault

    def forget(self, lane: str) -> None:
        """Drop a lane that a poisonous message holds up: the database holds it back now."""
        self._lanes.forget(lane)

    def recall(self) -> None:
        """Drop what has not gone out."""
        recalled = self._lanes.recall()
        self._suspects.difference_update(message.position for message in recalled)
        self.outcomes.extend(Outcome(message, Fate.DROPPED) for message in recalled)

    def _set_aside(self, message: Message, problem: str) -> None:
        self._suspects.discard(message.position)
        self.outcomes.append(Outcome(message, Fate.POISONOUS, problem))

    def _settled(self, tag: int, *, multiple: bool) -> list[Message]:
        if not multiple:
            message = self._out.pop(tag, None)
            return [] if message is None else [message]
        # Insertion order is tag order: stop at the first one beyond.
        tags = list(takewhile(lambda one: one <= tag, self._out))
        return [self._out.pop(one) for one in tags]
