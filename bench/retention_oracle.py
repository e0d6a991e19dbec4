"""A retention run over mixed categories against an independent reading of the rules, row by row.

``python -m bench retention_oracle --contacts 1000000`` makes people up, has the oracle of the tests
say in plain Python what is due of each and what holds it, and compares: first every row that a dry
run names, then everything that is left, told, audited and counted after two runners at once, each
killed midway (SIGKILL), and those that come after them.
"""

import multiprocessing
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import SpawnProcess
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from bench import retention_checks as checks
from bench.house import built
from bench.register import controller
from bench.result import Result
from crm_service.config import Settings
from crm_service.db import APP_ROLE, connect_options
from crm_service.retention import service
from crm_service.retention.steps import Due, Step
from tests.retention.oracle import NOW, RULES, expected, people
from tests.retention.storing import store

CONTACTS = 10_000
_CHUNK = 10_000
#: Shares of what is due after which a runner is killed.
_KILLED_AT = (0.2, 0.6)
_PASSES = 5

Admin = psycopg.Connection[TupleRow]


def run(contacts: int = CONTACTS) -> list[Result]:
    """Compare, and return how many rows are wrong; anything but none is named and raised."""
    with built(memory="2GB") as house:
        controller_id = controller(house, contacts, retention=RULES).controller_id
        with psycopg.connect(house.settings.admin_url, autocommit=True) as admin:
            named = _filled(admin, controller_id, contacts)
            _preview(house.settings, admin, controller_id)
            wrong = checks.shown(admin)
            seconds, rows, longest = _swept(house.settings, admin, controller_id, named)
            wrong += checks.left(admin, controller_id)
    if wrong:
        raise RuntimeError(f"the run and the oracle differ: {dict(wrong)}")
    told = f"{rows / seconds:,.0f} rows a second, longest transaction {longest * 1000:.0f} ms"
    print(f"bench: {contacts:,} people, {named:,} rows named, {rows:,} done: none wrong; {told}")
    return [
        Result(
            name=f"retention: rows wrong of {named:,} that the oracle names ({contacts:,} people)",
            ours=wrong.total(),
            limit=named,
            unit="rows",
            target=0,
            lower_is_better=True,
            note=told,
        )
    ]


def _filled(admin: Admin, controller_id: uuid.UUID, contacts: int) -> int:
    """Store people and what the oracle says of them; return how many rows it names."""
    admin.execute("SET synchronous_commit = off")
    admin.execute(checks.TABLES)
    for start in range(0, contacts, _CHUNK):
        made = people(min(_CHUNK, contacts - start), seed=f"{contacts}-{start}")
        with admin.transaction():
            store(admin, controller_id, made)
            _copied(admin, "stored", (row for one in made for row in checks.stored(one)))
            lines = (checks.line(one, line) for one in made for line in expected(one))
            _copied(admin, "expected", lines)
        print(f"bench: {start + len(made):,} people", end="\r", flush=True)
    admin.execute("VACUUM ANALYZE")
    row = admin.execute("SELECT count(*) FROM expected").fetchone()
    return int(row[0]) if row else 0


def _copied(admin: Admin, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with admin.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _preview(settings: Settings, admin: Admin, controller_id: uuid.UUID) -> None:
    with admin.cursor() as cursor, cursor.copy("COPY shown FROM STDIN") as copy:

        def on_due(step: Step, one: Due) -> None:
            copy.write_row((one.rule, step.table, one.id, one.held))

        _pass(settings, controller_id, lambda *run: service.preview(*run, on_due=on_due))


def _pass(
    settings: Settings, controller_id: uuid.UUID, do: Callable[..., service.Summary]
) -> service.Summary:
    options = connect_options(APP_ROLE, keyed=True)
    with psycopg.connect(settings.database_url, autocommit=True, **options) as connection:
        prepared = service.prepare(
            connection, controller_id, actor="operator:bench", keyring=settings.keyring
        )
        return do(connection, replace(prepared, now=NOW))


def sweep(settings: Settings, controller_id: uuid.UUID, into: Pipe) -> None:
    """Make one pass, as a process of its own; say how much was done."""
    summary = _pass(settings, controller_id, service.execute)
    into.send((summary.done.total(), summary.longest))


class _Runner:
    def __init__(self, settings: Settings, controller_id: uuid.UUID) -> None:
        context = multiprocessing.get_context("spawn")
        self._result, into = context.Pipe(duplex=False)
        self.process: SpawnProcess = context.Process(
            target=sweep, args=(settings, controller_id, into)
        )
        self.process.start()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        print(f"bench: a runner was killed ({self.process.exitcode})")

    def result(self) -> tuple[int, float]:
        self.process.join()
        if self.process.exitcode:
            raise RuntimeError(f"a runner ended with {self.process.exitcode}")
        done, longest = self._result.recv()
        print(f"bench: a runner did {done:,} rows, longest transaction {longest * 1000:.0f} ms")
        return done, longest


def _swept(
    settings: Settings, admin: Admin, controller_id: uuid.UUID, named: int
) -> tuple[float, int, float]:
    """Do everything, two at a time and killing them; return seconds, rows, longest transaction."""
    began = time.perf_counter()
    runners = [_Runner(settings, controller_id) for _ in range(2)]
    for share in _KILLED_AT:
        _await(admin, controller_id, share * named, runners)
        runners.pop(0).kill()
        runners.append(_Runner(settings, controller_id))
    longest = max(one.result()[1] for one in runners)
    for _ in range(_PASSES):
        done, took = _Runner(settings, controller_id).result()
        longest = max(longest, took)
        if not done:
            break
    else:
        raise RuntimeError("there was always something left to do")
    return time.perf_counter() - began, checks.done(admin, controller_id), longest


def _await(admin: Admin, controller_id: uuid.UUID, rows: float, runners: Iterable[_Runner]) -> None:
    while checks.done(admin, controller_id) < rows:
        if not any(one.process.is_alive() for one in runners):
            return
        time.sleep(0.2)
