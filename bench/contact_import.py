"""Importing a messy file of contacts beside COPY and INSERT … SELECT of the very same rows.

The limit checks nothing and asks nothing: it puts the rows that the import has left (contacts,
addresses, ledger, evidence, permissions, events, outbox) into the same tables for another
controller, from staging tables filled by COPY.
"""

import statistics
import time
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg.rows import TupleRow

from bench.house import House, built
from bench.register import Register, fill
from bench.result import Result
from crm_service.db import APP_ROLE, SET_CONTROLLER, connect_options
from crm_service.transfers import service
from crm_service.transfers.ordering import Request
from crm_service.transfers.reading import FileSource
from tests.transfers import exports

ROUNDS = 5
ROWS = 20_000

#: The columns whose values must differ in the copy. Sequences and defaults give the rest.
_FRESH = {
    "addresses": ("address_key", "subject_id"),
    "contacts": ("id", "email_key", "phone_key"),
    "ledger_entries": ("id", "subject_id", "address_key", "correlation", "proof_id"),
    "ledger_evidence": ("entry_id", "subject_id"),
    "permissions": ("address_key", "subject_id", "entry_id"),
    "events": ("id", "subject_id", "correlation"),
    "outbox": ("subject_id",),
}
_GIVEN_BY_THE_TABLE = {"ledger_entries": {"position", "xid"}, "events": {"position", "xid"}}

_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""

Copied = dict[str, tuple[list[str], bytes]]


def run() -> list[Result]:
    """Measure the first import of a file, and the second one, which changes nothing."""
    first, second, limit = [], [], []
    with built() as house, TemporaryDirectory() as folder:
        for number in range(ROUNDS + 1):
            file = Path(folder) / f"{number}.csv"
            exports.write(file, rows=ROWS, seed=number)
            register = fill(house, 0)
            first.append(_import(house, register, file))
            second.append(_import(house, register, file))
            limit.append(_insert(house, _copied(house, register.controller_id)))
    # The first round warms caches up and grows files.
    rates = [ROWS / statistics.median(times[1:]) for times in (first, second, limit)]
    return [
        Result(
            name="contact import / COPY + INSERT … SELECT of the same rows into the same tables",
            ours=rates[0],
            limit=rates[2],
            unit="rows/s",
            target=0.5,
        ),
        Result(
            name="contact import a second time, nothing changes / as above",
            ours=rates[1],
            limit=rates[2],
            unit="rows/s",
        ),
    ]


def _import(house: House, register: Register, file: Path) -> float:
    with service.connect(house.settings) as connection:
        began = time.perf_counter()
        service.import_contacts(
            connection,
            register.controller_id,
            Request(source=FileSource(file)),
            pepper=register.pepper,
            actor="operator:bench",
        )
        return time.perf_counter() - began


def _copied(house: House, controller_id: uuid.UUID) -> Copied:
    """Return what the import has left, as rows of another controller."""
    other = uuid.uuid4()
    copied: Copied = {"": ([str(other)], b"")}
    with psycopg.connect(house.settings.admin_url) as connection:
        for table, fresh in _FRESH.items():
            names = [row[0] for row in connection.execute(_COLUMNS, (table,))]
            names = [n for n in names if n not in _GIVEN_BY_THE_TABLE.get(table, set())]
            values = ", ".join(_value(name, fresh, other) for name in names)
            own = f"SELECT {values} FROM {table} WHERE controller_id = '{controller_id}'"  # noqa: S608 - names of columns
            with connection.cursor().copy(f"COPY ({own}) TO STDOUT") as out:
                copied[table] = (names, b"".join(out))
    return copied


def _value(name: str, fresh: tuple[str, ...], controller_id: uuid.UUID) -> str:
    if name == "controller_id":
        return f"'{controller_id}'"
    if name == "position":
        return "position + 1000000000000"
    return f"md5({name}::text)::uuid" if name in fresh else name


def _insert(house: House, copied: Copied) -> float:
    [controller_id], _ = copied.pop("")
    url, options = house.settings.database_url, connect_options(APP_ROLE)
    with psycopg.connect(url, autocommit=True, **options) as connection:
        for table in copied:
            connection.execute(f"CREATE TEMP TABLE staged_{table} (LIKE {table})")
            for name in _GIVEN_BY_THE_TABLE.get(table, ()):
                connection.execute(f"ALTER TABLE staged_{table} DROP COLUMN {name}")
        began = time.perf_counter()
        with connection.transaction():
            connection.execute(SET_CONTROLLER, (controller_id,))
            for table, (names, data) in copied.items():
                _insert_table(connection, table, names, data)
        return time.perf_counter() - began


def _insert_table(
    connection: psycopg.Connection[TupleRow], table: str, names: list[str], data: bytes
) -> None:
    columns = ", ".join(names)
    with connection.cursor().copy(f"COPY staged_{table} ({columns}) FROM STDIN") as into:
        into.write(data)
    insert = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM staged_{table}"  # noqa: S608 - names of columns
    connection.execute(insert)
