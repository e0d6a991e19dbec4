"""Unsubscribing while an import runs, beside unsubscribing alone: nobody waits for a list."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from bench.house import House, built
from bench.load import Load, fire, median_of, post
from bench.register import Register, fill
from bench.result import Result
from crm_service.unsubscribe import tokens
from tests.transfers import exports

ROUNDS = 5
CLICKS = 300
SIZE = 20_000
#: Enough to be at work for longer than the clicks take.
ROWS = 200_000
_CONNECTIONS = 4
_UNDER_WAY = "SELECT 1 FROM imports WHERE state = 'running' AND next_row > 1"


def run() -> list[Result]:
    """Measure clicks alone and beside an import of the same controller, in turn."""
    alone, beside = [], []
    with built() as house, TemporaryDirectory() as folder:
        register = fill(house, SIZE)
        file = Path(folder) / "export.csv"
        exports.write(file, rows=ROWS, seed=1)
        with house.serving("crm_service.wsgi:app") as port:
            for number in range(ROUNDS + 1):
                first = 2 * number * CLICKS
                alone.append(_clicks(house, register, port, first))
                with _importing(house, register, file):
                    beside.append(_clicks(house, register, port, first + CLICKS))
    p99s = [median_of(loads[1:])[1] * 1000 for loads in (beside, alone)]
    name = "unsubscribe while an import runs / alone: p99"
    return [Result(name=name, ours=p99s[0], limit=p99s[1], unit="ms", lower_is_better=True)]


def _clicks(house: House, register: Register, port: int, first: int) -> Load:
    keys = house.settings.keyring
    sign = tokens.signer(keys, register.controller_ref, "email", register.topic_ref, 0)
    body, form = b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    load = fire(
        port,
        [
            post(f"/u/{sign(register.address_key(n).bytes)}", body, form)
            for n in range(first, first + CLICKS)
        ],
        connections=_CONNECTIONS,
    )
    if set(load.statuses) != {200}:
        raise RuntimeError(f"not every request succeeded: {load.statuses}")
    return load


@contextmanager
def _importing(house: House, register: Register, file: Path) -> Iterator[None]:
    """Import the file meanwhile: it goes on where the round before has killed it."""
    with psycopg.connect(house.settings.admin_url, autocommit=True) as connection:
        query = "SELECT slug FROM controllers WHERE id = %s"
        [slug] = connection.execute(query, (register.controller_id,)).fetchone() or ("",)
        command = [sys.executable, "-m", "crm_service", "import", "contacts", str(file)]
        process = subprocess.Popen([*command, "--controller", slug], env=house.environment)
        try:
            while process.poll() is None and not connection.execute(_UNDER_WAY).fetchone():
                time.sleep(0.02)
            yield
        finally:
            process.kill()
            process.wait()
