"""Events from callers, in batches of one or two transactions, memory flat, however many come.

What was committed stays when a later batch fails; the same events may be sent again, since those
that came before are duplicates.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
import psycopg

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.engagement import generic
from crm_service.engagement.acceptance import Acceptance, Rejection
from crm_service.engagement.accepting import Acceptor, Refused
from crm_service.engagement.lanes import side_by_side
from crm_service.engagement.service import Ingested, store
from crm_service.transfers.ahead import ahead, few_collections

#: Events taken in at once: enough that a commit costs little, few enough for the locks they need.
BATCH = 5_000
#: Of lines, so much at once: they may be long, and four batches are in memory at a time (one is
#: stored, two are ready, one is read).
BATCH_BYTES = 8 * 1024 * 1024
#: Longer than any event with a user agent of 100 kB.
MAX_LINE = 256 * 1024
_PIECE = 256 * 1024
#: Refusals that are named; all are counted.
MAX_NAMED = 10_000
_ATTEMPTS = 3

Connect = Callable[[], AbstractContextManager[Connection]]


@dataclass
class Received:
    """What became of everything so far."""

    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    rejected: list[Rejection] = field(default_factory=list)

    def add(self, taken: Ingested) -> None:
        """Count a batch."""
        self.accepted += taken.accepted
        self.duplicates += taken.duplicates
        self.refused += len(taken.rejected)
        self.rejected += taken.rejected[: MAX_NAMED - len(self.rejected)]


def receive(
    values: Iterable[Any],
    connect: Connect,
    controller_id: uuid.UUID,
    *,
    actor: str,
    pepper: bytes,
) -> Received:
    """Take in events given as JSON values, or as lines of bytes; return what became of them.

    Events are checked while those before them are stored. Raises psycopg's errors.
    """
    received = Received()
    stored = partial(_store, connect, controller_id, actor=actor, pepper=pepper)
    with few_collections(), ahead(_batches(values, pepper)) as batches:
        for parts in batches:
            for taken in side_by_side(stored, parts):
                received.add(taken)
    return received


def _batches(values: Iterable[Any], pepper: bytes) -> Iterator[list[Acceptance]]:
    batch, size = Acceptance(Acceptor(pepper, utcnow())), 0
    for place, value in enumerate(values):
        is_line = type(value) is bytes
        size += len(value) if is_line else 0
        try:
            event = generic.read(_parsed(value) if is_line else value)
        except Refused as refusal:
            batch.refuse(place, refusal)
        else:
            batch.add(place, event)
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch.parts()
            batch, size = Acceptance(Acceptor(pepper, utcnow())), 0
    if len(batch):
        yield batch.parts()


def _parsed(line: bytes) -> Any:
    if len(line) > MAX_LINE:
        raise Refused("line_too_long", f"a line is at most {MAX_LINE} bytes")
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        raise Refused("invalid_json", "this line is not valid JSON") from None


def _store(
    connect: Connect,
    controller_id: uuid.UUID,
    part: Acceptance,
    *,
    actor: str,
    pepper: bytes,
) -> Ingested:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with connect() as connection:
                return store(connection, controller_id, part, actor=actor, pepper=pepper)
        except psycopg.errors.DeadlockDetected:
            # Somebody else wanted the same people in another order: now they have been served.
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")  # pragma: no cover


def lines(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield the lines of a body read in pieces, without the empty ones.

    Of a line that is too long just enough is kept to be told so.
    """
    rest = b""
    while piece := read(_PIECE):
        *whole, rest_of_piece = piece.split(b"\n")
        for line in whole:
            one, rest = rest + line, b""
            if one.strip():
                yield one
        rest = (rest + rest_of_piece)[: MAX_LINE + 1]
    if rest.strip():
        yield rest
