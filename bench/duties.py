"""Lists of what is owed, each beside an index-only read of as many rows; the first page and later.

Every list is read as its room reads it, by the service's role under row-level security, without
HTTP around it. A later page begins in the middle of the register. ``--contacts 1000000`` takes
ten minutes to fill.
"""

import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import psycopg
from flask import Flask
from sqlalchemy.orm import Session

from bench.house import House, built
from bench.owing import furnish
from bench.register import Register, fill
from bench.result import Result
from crm_service.app import create_app
from crm_service.clock import utcnow
from crm_service.contacts import windows
from crm_service.db import WORKER_ROLE, Connection, connect_options, driver_connection, transaction
from crm_service.holds import service as holds
from crm_service.informing import service as informing
from crm_service.notices import chasing
from crm_service.notices import service as notices
from crm_service.reviews import repository as reviews
from crm_service.rights import listing as requests

CONTACTS = 100_000
ROUNDS, _ROUNDS_OF_COUNTS = 7, 3
_PAGE = 100
_ACTOR = "bench"
_MIDDLE = uuid.UUID(int=1 << 127)

_ROWS = """
SELECT id FROM contacts WHERE controller_id = %s AND id > %s ORDER BY id LIMIT 101
"""
_OPEN_NOTICES = """
SELECT count(*) FROM recipient_notices WHERE acknowledged_at IS NULL AND dispensed_at IS NULL
"""
_ALL = "SELECT count(*) FROM contacts WHERE controller_id = %s"

Read = Callable[[Session], object]


class PageRead(Protocol):
    """Reads a page that begins ``after``."""

    def __call__(self, session: Session, after: Any) -> object:
        """Return the page."""


def run(contacts: int = CONTACTS) -> list[Result]:
    """Measure every list on a register of ``contacts``."""
    with built(memory="2GB") as house:
        register = fill(house, contacts, suppressed=0.1)
        with psycopg.connect(house.settings.admin_url, autocommit=True) as connection:
            furnish(connection, register)
        return measure(house, register)


def measure(house: House, register: Register) -> list[Result]:
    """Measure every list on a register that is there."""
    app = create_app(house.settings)
    found = [
        _beside(app, register, name, read, _ROWS, (register.controller_id, _MIDDLE))
        for name, read in _pages(register)
    ]
    for name, count in _counts(register).items():
        facts = (register.controller_id,)
        found.append(_beside(app, register, name, count, _ALL, facts, _ROUNDS_OF_COUNTS))
    found.append(_worker(house, register))
    return found


def _pages(register: Register) -> Iterator[tuple[str, Read]]:
    """Yield what reads one page of a list: from its beginning and from the middle."""
    day = (utcnow() - timedelta(days=300)).date()
    yield from _paged("duties to inform", _informing(register), (None, _MIDDLE))
    yield from _paged("duties, overdue", _informing(register, overdue=True), (None, _MIDDLE))
    yield from _paged("duties, due soon", _informing(register, due_soon=True), (None, _MIDDLE))
    yield from _paged("reviews due", _reviewing(register), (None, _MIDDLE))
    moment = utcnow() - timedelta(days=30)
    for standing in (None, True):
        read = _holding(register, standing=standing)
        yield from _paged(f"holds, standing {standing}", read, (None, (moment, _MIDDLE)))
    wanted: Sequence[dict[str, Any]] = ({}, {"open": True}, {"overdue": True}, {"recipient": "r7"})
    for filters in wanted:
        after = (day.isoformat(), str(_MIDDLE))
        yield from _paged(f"notices {filters}", _noticing(register, filters), (None, after))
    wanted = ({}, {"status": "in_progress"}, {"overdue": True})
    for filters in wanted:
        yield from _paged(
            f"rights requests {filters}", _requesting(register, filters), (None, (day, _MIDDLE))
        )


def _paged(name: str, read: PageRead, starts: tuple[Any, Any]) -> Iterator[tuple[str, Read]]:
    for place, after in zip(("first page", "middle"), starts, strict=True):
        yield f"{name}: {place}", partial(read, after=after)


def _informing(register: Register, **choice: bool) -> PageRead:
    wanted: dict[str, Any] = {"overdue": None, "due_soon": False, **choice}
    return lambda session, after: informing.listing(
        driver_connection(session),
        register.controller_id,
        **wanted,
        after=after,
        limit=_PAGE,
        actor=_ACTOR,
    )


def _reviewing(register: Register) -> PageRead:
    def read(session: Session, after: uuid.UUID | None) -> object:
        connection = driver_connection(session)
        return windows.gather(
            connection,
            register.controller_id,
            lambda window: reviews.unused(connection, {**_unused(register), **window}),
            after=after,
            wanted=_PAGE + 1,
        )

    return read


def _unused(register: Register) -> dict[str, Any]:
    return {"controller_id": register.controller_id, "since": utcnow() - timedelta(days=365)}


def _holding(register: Register, *, standing: bool | None) -> PageRead:
    return lambda session, after: holds.page(
        driver_connection(session),
        register.controller_id,
        kind=None,
        standing=standing,
        after=after,
        limit=_PAGE + 1,
        actor=_ACTOR,
    )


def _noticing(register: Register, filters: Mapping[str, Any]) -> PageRead:
    return lambda session, after: notices.listing(
        driver_connection(session),
        register.controller_id,
        filters=filters,
        after=after,
        limit=_PAGE,
        actor=_ACTOR,
    )


def _requesting(register: Register, filters: Mapping[str, Any]) -> PageRead:
    return lambda session, after: requests.page(
        session, register.controller_id, filters=filters, after=after, limit=_PAGE, actor=_ACTOR
    )


def _counts(register: Register) -> dict[str, Read]:
    def count_reviews(session: Session) -> int:
        connection = driver_connection(session)
        stretches = windows.every(connection, register.controller_id)
        return sum(reviews.count(connection, {**_unused(register), **one}) for one in stretches)

    return {
        "reviews due: counted": count_reviews,
        "duties to inform: counted": lambda session: informing.count(
            driver_connection(session), register.controller_id, utcnow()
        ),
    }


def _beside(
    app: Flask,
    register: Register,
    name: str,
    read: Read,
    limit: str,
    facts: tuple[Any, ...],
    rounds: int = ROUNDS,
) -> Result:
    """Measure ``read`` and ``limit`` in turn, each in a transaction of the same role."""
    ours: list[float] = []
    limits: list[float] = []
    with app.app_context():
        for _ in range(rounds):
            with transaction(register.controller_id) as session:
                connection = driver_connection(session)
                limits.append(_timed(partial(_fetch, connection, limit, facts)))
                ours.append(_timed(partial(read, session)))
    return _result(f"{name}, {register.size:,} contacts", ours, limits)


def _worker(house: House, register: Register) -> Result:
    """Measure what the worker asks every minute, beside a count of what is open."""
    facts = {"now": utcnow() - timedelta(days=10_000)}
    with psycopg.connect(
        house.settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as connection:
        ours, limits = [], []
        for _ in range(ROUNDS):
            limits.append(_timed(lambda: connection.execute(_OPEN_NOTICES).fetchone()))
            ours.append(_timed(lambda: connection.execute(chasing.COUNT, facts).fetchone()))
    return _result(f"worker: open notices among {register.size:,}", ours, limits)


def _fetch(connection: Connection, query: str, facts: tuple[Any, ...]) -> object:
    return connection.execute(query, facts).fetchall()


def _timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _result(name: str, ours: list[float], limits: list[float]) -> Result:
    return Result(
        name=name,
        ours=statistics.median(ours) * 1000,
        limit=statistics.median(limits) * 1000,
        unit="ms",
        lower_is_better=True,
    )
