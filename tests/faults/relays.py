"""Relays to be killed, and a writer that does not notice."""

import random
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from flask import Flask

from crm_service.config import Settings
from crm_service.db import Connection
from crm_service.outbox.events import Event
from crm_service.outbox.relay import RELAY_LOCK, run_relay
from tests.factories import Tenant
from tests.outbox.happenings import erased, happen, some_subjects, updated

_PROGRAM = """
import signal, sys, threading
from types import SimpleNamespace
from crm_service.outbox.events import Event
from crm_service.outbox.relay import run_relay

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
print("ready", flush=True)
run_relay(SimpleNamespace(worker_url=sys.argv[1], amqp_urls=(sys.argv[2],)), stop)
"""

_HOLDERS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"


@contextmanager
def relaying(settings: Settings) -> Iterator[None]:
    """A relay in a thread, as the worker runs it."""
    stop = threading.Event()
    thread = threading.Thread(target=run_relay, args=(settings, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class RelayProcess:
    """A relay in a process of its own, which can be killed."""

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - no shell, our own program
            [sys.executable, "-c", _PROGRAM, settings.worker_url, settings.amqp_urls[0]],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def stop(self) -> None:
        """Ask it to stop, and wait for it."""
        self._process.terminate()
        self._process.communicate(timeout=30)


def active_relays(admin: Connection) -> list[int]:
    """Return the database sessions that hold the relay's lock."""
    return [row[0] for row in admin.execute(_HOLDERS, (RELAY_LOCK,))]


class Writer(threading.Thread):
    """Records numbered events of some subjects, in small transactions, until it is told to stop.

    ``express``: how many of them are such that somebody waits for, from 0 to 1.
    """

    def __init__(self, app: Flask, tenant: Tenant, *, express: float = 0.0) -> None:
        super().__init__()
        self._express = express
        self.recorded: dict[str, list[str]] = {}
        self._app, self._tenant = app, tenant
        self._subjects = some_subjects(20)
        self._enough = threading.Event()
        self._chance = random.Random(1)  # noqa: S311 - no secret

    @property
    def count(self) -> int:
        """How many events were recorded."""
        return sum(map(len, self.recorded.values()))

    def run(self) -> None:
        """Record until ``finish``."""
        while not self._enough.wait(0.005):
            self.record(3)

    def finish(self) -> None:
        """Record nothing more."""
        self._enough.set()
        self.join()

    def record(self, count: int) -> None:
        """Record so many events of different subjects in one transaction."""
        number = self.count
        chosen = self._chance.sample(self._subjects, count)
        with self._app.app_context():
            happen(self._tenant, *(self._event(one, number) for one in chosen))
        for subject in chosen:
            self.recorded.setdefault(str(subject), []).append(f"field_{number}")

    def _event(self, subject: uuid.UUID, number: int) -> Event:
        made = erased if self._chance.random() < self._express else updated
        return made(subject, number)
