"""Importing lists of refusals (rules 1, 2, 4, 9, 25, 26, 36 and 38).

A list is read once and applied in chunks, each a transaction of its own. Nothing in it lifts or
weakens a block; applied again, it changes nothing. Interrupted, it is simply imported again.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

import psycopg

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.suppression import bulk
from crm_service.topics import service as topics
from crm_service.transfers import suppression_formats as formats
from crm_service.transfers import suppression_matching, suppression_reading
from crm_service.transfers.ahead import ahead
from crm_service.transfers.detecting import Source
from crm_service.transfers.jobs import entered
from crm_service.transfers.reading import Malformed
from crm_service.transfers.suppression_applying import Outcome, Register
from crm_service.transfers.suppression_formats import Layout
from crm_service.transfers.suppression_reading import Listing, Rows
from crm_service.transfers.suppression_rows import Defaults, Interpreter, Row

#: Large enough that a commit costs little, small enough that nobody waits long for a lock.
CHUNK_ROWS = 4_000
#: How many rows' problems a result names; all are counted.
MAX_PROBLEMS = 1_000
_ATTEMPTS = 5
_FIELDS = ("address_key", "scope", "reason")
#: Others may change the same people meanwhile; the chunk is then taken anew.
_COLLISIONS = (
    bulk.Moved,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.UniqueViolation,
)

Record = Sequence[str] | Malformed


@dataclass(frozen=True, kw_only=True)
class Request:
    """A list and how to take it. ``filename`` may tell formats with the same columns apart.

    ``scope``, ``topic`` and ``reason`` are for rows that state none; a bounce is always for all.
    """

    source: Source
    filename: str = ""
    scope: str = "marketing"
    topic: str | None = None
    reason: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    dry_run: bool = False


@dataclass
class Chunk:
    """Rows as they stand in the file, from row ``first`` on (the first is 1), and as read."""

    first: int
    position: int = 0
    records: list[Record] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass
class Result:
    """What became of a list. ``problems``: row numbers and why they were refused, the first ones.

    ``matched``: blocks set on known contacts because a hashed list names them.
    """

    id: uuid.UUID
    listing: Listing
    layout: Layout
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[int, str]] = field(default_factory=list)
    matched: int = 0
    unreadable_dates: int = 0

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return self.outcomes.total()

    def count(self, first: int, outcomes: Sequence[Outcome]) -> None:
        """Count what became of the rows from ``first`` on."""
        self.outcomes.update(one.name for one in outcomes)
        for number, one in enumerate(outcomes, first):
            if one.reason:
                self.reasons[one.reason] += 1
                if len(self.problems) < MAX_PROBLEMS:
                    self.problems.append((number, one.reason))

    def recount(self, stood: int) -> None:
        """Take back what was counted as added: hashes of contacts on whom the block stood."""
        stood = min(stood, self.outcomes["added"])
        if stood > 0:
            self.outcomes["added"] -= stood
            self.outcomes["unchanged"] += stood


#: Told of every chunk when it is committed.
OnChunk = Callable[[Chunk, Sequence[Outcome], Result], None]


def import_suppressions(
    connection: Connection,
    controller_id: uuid.UUID,
    request: Request,
    *,
    pepper: bytes,
    actor: str,
    on_chunk: OnChunk = lambda _chunk, _outcomes, _result: None,
) -> Result:
    """Import a list of refusals on a connection of its own (``transfers.service.connect``).

    Raises, before anything is stored, ``Unreadable``, ``NotSuppressions``, ``Invalid``
    (``unrecognized_columns``) and ``NotFound`` (``unknown_topic``); further psycopg's errors, when
    what was committed stays and the same call completes it.
    """
    listing = suppression_reading.find_rows(
        request.source, encoding=request.encoding, delimiter=request.delimiter
    )
    layout = _layout(listing, request)
    if request.topic is not None:
        with entered(connection, controller_id):
            topics.get(connection, controller_id, request.topic)
    run = _Run(connection, controller_id, request, Result(uuid.uuid4(), listing, layout))
    with _on_record(connection, controller_id, request, run.result, actor):
        run.apply_all(pepper, on_chunk)
    return run.result


@contextmanager
def _on_record(
    connection: Connection, controller_id: uuid.UUID, request: Request, result: Result, actor: str
) -> Iterator[None]:
    """Note in the audit log that it begins, so that a killed import is there; then what it did."""
    facts: dict[str, Any] = {
        "format": result.layout.name,
        "sha256": result.listing.sha256.hex(),
        "scope": request.scope,
        "topic": request.topic,
        "dry_run": request.dry_run,
    }
    record = partial(audit.record, connection, controller_id, actor=actor, fields=_FIELDS)
    with entered(connection, controller_id):
        begun = {"import": str(result.id), **facts}
        record(action="suppressions.begin_import", count=0, details=begun)
    try:
        yield
    finally:
        if not connection.broken:
            done = {"outcomes": dict(result.outcomes), "matched": result.matched}
            with entered(connection, controller_id):
                record(
                    action="suppressions.import",
                    entry_id=result.id,
                    count=result.rows - result.outcomes["rejected"],
                    details={**facts, **done},
                )


def _layout(listing: Listing, request: Request) -> Layout:
    if listing.header is None:
        return formats.bare()
    name, is_told = request.filename, request.reason is not None
    return formats.recognize(listing.header, filename=name, is_told=is_told, mixes=listing.is_json)


class _Run:
    def __init__(
        self, connection: Connection, controller_id: uuid.UUID, request: Request, result: Result
    ) -> None:
        self._connection = connection
        self._controller_id = controller_id
        self._request = request
        self.result = result
        self._at_once = CHUNK_ROWS
        self._register = Register(
            connection, controller_id, correlation=result.id, dry_run=request.dry_run
        )

    def apply_all(self, pepper: bytes, on_chunk: OnChunk) -> None:
        """Take every chunk; then look for known contacts on what hashed lists hold."""
        interpreter = self._interpreter(pepper, utcnow())
        with self.result.listing.open() as rows, ahead(_chunks(rows, interpreter)) as chunks:
            for chunk in chunks:
                outcomes = self._take(chunk.rows)
                self.result.count(chunk.first, outcomes)
                on_chunk(chunk, outcomes, self.result)
        self.result.unreadable_dates = interpreter.unreadable_dates
        if self._register.has_kept_hashes:
            found = suppression_matching.match_known(
                self._connection, self._controller_id, correlation=self.result.id
            )
            self.result.matched = found.blocks
            self.result.recount(found.entries - found.blocks)

    def _interpreter(self, pepper: bytes, now: datetime) -> Interpreter:
        request = self._request
        defaults = Defaults(
            scope="topic" if request.topic else request.scope,
            topic=request.topic,
            reason=request.reason or "import",
        )
        return Interpreter(self.result.layout, defaults, pepper, now)

    def _take(self, rows: Sequence[Row]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        while len(outcomes) < len(rows):
            part = rows[len(outcomes) : len(outcomes) + self._at_once]
            try:
                outcomes += self._apply(part)
            except bulk.TooManySubjects:
                # A list of people who are known: the rest of it will be like that.
                self._at_once = len(part) // 2
        return outcomes

    def _apply(self, rows: Sequence[Row]) -> list[Outcome]:
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._register.apply(rows)
            except _COLLISIONS:
                continue
        return self._register.apply(rows)


def _chunks(rows: Rows, interpreter: Interpreter) -> Iterator[Chunk]:
    records = iter(rows)
    first = 1
    while taken := list(islice(records, CHUNK_ROWS)):
        yield Chunk(first, rows.position, taken, [interpreter.read(record) for record in taken])
        first += len(taken)
