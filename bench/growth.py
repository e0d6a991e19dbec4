"""Does it stay as fast while the register grows: verdict and click at 100,000, 1 and 10 million.

A database for each size, all of them running, measured in turn within every round: what else the
machine does meets all sizes alike. A fifth of each register has unsubscribed.
"""

import http.client
import random
import shutil
import statistics
import tempfile
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field

import orjson
import psycopg

from bench.eligibility import post
from bench.house import House, built
from bench.register import Register, fill
from bench.result import Result
from crm_service.unsubscribe import tokens

CONTACTS = 1_000_000
_SMALLEST, _STEP = 100_000, 10
_SUPPRESSED = 0.2
_BYTES_A_CONTACT = 2_000
_TARGET = 1.3

_ASKED = 10_000
_CLICKS = 50

#: Reads a register once by the indexes that verdicts and clicks use, so that none of their pages
#: is on the disk alone: measured is the work, not which pages a smaller register happens to meet.
_WARM = (
    """SET enable_seqscan = off; SET enable_bitmapscan = off;
        SET max_parallel_workers_per_gather = 0""",
    "SELECT count(state) FROM permissions WHERE controller_id = %s AND address_key > %s",
    "SELECT count(subject_id) FROM addresses WHERE controller_id = %s AND address_key > %s",
    """SELECT count(subject_id) FROM suppressions WHERE controller_id = %s AND address_key > %s
        AND lifted_at IS NULL""",
)
_ROUNDS, _WARM_UP = 25, 5
#: Measuring ends at the latest then, after a whole round.
_SECONDS = 300
#: What a server of its own would have: a part of the register, not all of it.
_MEMORY = "4GB"


@dataclass
class _Size:
    """One register, served, and what was measured with it: seconds."""

    house: House
    register: Register
    port: int
    unclicked: list[int]
    verdicts: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)


def run(contacts: int = CONTACTS) -> list[Result]:
    """Measure registers from 100,000 contacts up to ``contacts``, each ten times the one before.

    Raises ``RuntimeError`` where the disk would not hold them.
    """
    sizes = [_SMALLEST]
    while sizes[-1] * _STEP <= contacts:
        sizes.append(sizes[-1] * _STEP)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < 2 * sum(sizes) * _BYTES_A_CONTACT:
        raise RuntimeError(f"{contacts:,} contacts need {2 * sum(sizes) * _BYTES_A_CONTACT:,} B")
    with ExitStack() as running:
        measured = [_served(running, size) for size in sizes]
        began = time.monotonic()
        for number in range(_ROUNDS + _WARM_UP):
            for size in measured:
                _verdict(size)
                _click(size)
                if number < _WARM_UP:
                    size.verdicts, size.clicks = [], []
            if time.monotonic() - began > _SECONDS:
                break
    return [result for size in measured for result in _results(measured[0], size)]


def _served(running: ExitStack, size: int) -> _Size:
    house = running.enter_context(built(memory=_MEMORY))
    began = time.monotonic()
    register = fill(house, size, suppressed=_SUPPRESSED)
    print(f"bench: {size:,} contacts made in {time.monotonic() - began:.0f} s")
    _warm(house, register)
    port = running.enter_context(house.serving("crm_service.wsgi:app"))
    clicks = random.sample(range(size), _CLICKS * (_ROUNDS + _WARM_UP))
    return _Size(house, register, port, clicks)


def _warm(house: House, register: Register) -> None:
    with psycopg.connect(house.settings.admin_url, autocommit=True) as connection:
        connection.execute(_WARM[0])
        for statement in _WARM[1:]:
            connection.execute(statement, (register.controller_id, uuid.UUID(int=0)))


def _verdict(size: _Size) -> None:
    register = size.register
    emails = [register.email(n) for n in random.sample(range(register.size), _ASKED)]
    body = orjson.dumps({"topic": "news", "channel": "email", "emails": emails})
    began = time.perf_counter()
    answer = post(size.port, register, "/v1/eligibility-checks", body, "application/json")
    size.verdicts.append(time.perf_counter() - began)
    if orjson.loads(answer)["counts"]["eligible"] < _ASKED * (1 - _SUPPRESSED) * 0.9:
        raise RuntimeError("the answers are not what the register holds")


def _click(size: _Size) -> None:
    """Click one link after the other, as one mailbox provider would over one connection."""
    register = size.register
    sign = tokens.signer(
        size.house.settings.keyring, register.controller_ref, "email", register.topic_ref, 0
    )
    client = http.client.HTTPConnection("127.0.0.1", size.port, timeout=30)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(_CLICKS):
        path = f"/u/{sign(register.address_key(size.unclicked.pop()).bytes)}"
        began = time.perf_counter()
        client.request("POST", path, b"List-Unsubscribe=One-Click", headers)
        answer = client.getresponse()
        answer.read()
        size.clicks.append(time.perf_counter() - began)
        if answer.status != http.client.OK:
            raise RuntimeError(f"a click was answered with {answer.status}")
    client.close()


def _results(smallest: _Size, size: _Size) -> list[Result]:
    figures = [
        ("verdict on 10,000 addresses", _median(smallest.verdicts), _median(size.verdicts)),
        ("unsubscribe, median", _median(smallest.clicks), _median(size.clicks)),
        ("unsubscribe, p99", _p99(smallest.clicks), _p99(size.clicks)),
    ]
    return [
        Result(
            name=f"growth: {what}, {size.register.size:,} contacts / {smallest.register.size:,}",
            ours=seconds * 1000,
            limit=base * 1000,
            unit="ms",
            target=_TARGET,
            lower_is_better=True,
            note=f"{len(size.verdicts)} verdicts, {len(size.clicks)} clicks",
        )
        for what, base, seconds in figures
    ]


def _median(seconds: list[float]) -> float:
    return statistics.median(seconds)


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]
