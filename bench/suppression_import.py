"""Importing a list of refusals beside COPY and INSERT … SELECT of the same rows."""

import statistics
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import psycopg

from bench.house import House, built
from bench.register import Register, fill
from bench.result import Result
from crm_service.transfers import service
from crm_service.transfers.reading import FileSource
from crm_service.transfers.suppression_importing import Request, import_suppressions

ROUNDS = 3
ROWS = 200_000
_SINCE = datetime(2025, 1, 1, tzinfo=UTC)

_STAGE = """
CREATE UNLOGGED TABLE staged (
    address_key uuid, subject_id uuid, id uuid, suppressed_at timestamptz, data jsonb)
"""
_COPY = "COPY staged FROM STDIN"
#: The rows that an import writes, in the tables it writes them to, and nothing decided.
_WRITE = (
    """INSERT INTO addresses (controller_id, address_key, subject_id, kind)
    SELECT %(controller)s, address_key, subject_id, 'email' FROM staged""",
    """INSERT INTO suppressions (id, controller_id, address_key, subject_id, kind, scope, reason,
        source, correlation, suppressed_at)
    SELECT id, %(controller)s, address_key, subject_id, 'email', 'marketing', 'unsubscribe', 'list',
        %(controller)s, suppressed_at FROM staged""",
    """WITH logged AS (
        INSERT INTO events (controller_id, type, subject_id, occurred_at, correlation, data)
        SELECT %(controller)s, 'suppression.added.v1', subject_id, now(), %(controller)s, data
        FROM staged RETURNING position, recorded_at, subject_id)
    INSERT INTO outbox (position, recorded_at, controller_id, subject_id)
    SELECT position, recorded_at, %(controller)s, subject_id FROM logged""",
)


def run() -> list[Result]:
    """Measure a list of addresses never seen, and the same list once more."""
    with built() as house, tempfile.TemporaryDirectory() as folder:
        ours, again, limits = [], [], []
        fill(house, 100_000)
        for number in range(ROUNDS + 1):
            path = _list(Path(folder), number)
            register = fill(house, 0)
            limits.append(_limit(house))
            ours.append(_import(house, register, path, added=ROWS))
            again.append(_import(house, register, path, added=0))
            path.unlink()
    return [
        Result(
            name=f"suppressions: a list of {ROWS:,} / COPY and INSERT … SELECT of the same rows",
            ours=statistics.median(ours[1:]),
            limit=statistics.median(limits[1:]),
            unit="rows/s",
            target=0.5,
        ),
        Result(
            name="suppressions: the same list again, which changes nothing / as above",
            ours=statistics.median(again[1:]),
            limit=statistics.median(limits[1:]),
            unit="rows/s",
        ),
    ]


def _list(folder: Path, number: int) -> Path:
    path = folder / f"{number}.csv"
    with path.open("w") as file:
        file.write("email,created\n")
        for row in range(ROWS):
            since = int(_SINCE.timestamp()) + row
            file.write(f"Refused.{number}.{row}@Example.com,{since}\n")
    return path


def _import(house: House, register: Register, path: Path, *, added: int) -> float:
    with service.connect(house.settings) as connection:
        began = time.perf_counter()
        result = import_suppressions(
            connection,
            register.controller_id,
            Request(source=FileSource(path)),
            pepper=register.pepper,
            actor="operator:bench",
        )
        rate = ROWS / (time.perf_counter() - began)
    if result.outcomes["added"] != added or result.outcomes["unchanged"] != ROWS - added:
        raise RuntimeError(f"the list was not imported as it should be: {result.outcomes}")
    return rate


def _limit(house: House) -> float:
    """Copy and write as many rows of another controller's; return rows a second."""
    controller = uuid.uuid4()
    data = b"".join(_row(row) for row in range(ROWS))
    with psycopg.connect(house.settings.admin_url) as connection:
        connection.execute("DROP TABLE IF EXISTS staged")
        connection.execute(_STAGE)
        connection.commit()
        began = time.perf_counter()
        with connection.cursor().copy(_COPY) as copy:
            copy.write(data)
        for statement in _WRITE:
            connection.execute(statement, {"controller": controller})
        connection.commit()
        return ROWS / (time.perf_counter() - began)


def _row(row: int) -> bytes:
    key, subject, block = (str(uuid.uuid4()) for _ in range(3))
    data = {
        "scope": "marketing",
        "reason": "unsubscribe",
        "source": "list",
        "address_key": key,
        "suppression_id": block,
    }
    since = (_SINCE + timedelta(seconds=row)).isoformat()
    return "\t".join([key, subject, block, since, orjson.dumps(data).decode()]).encode() + b"\n"
