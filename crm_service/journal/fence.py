"""Answering nothing from a database that has forgotten what it was told (rule 35).

Every process compares database and journal when it starts to answer and every two seconds from then
on. While they do not fit together each request is refused with 503, so that no mail goes out to
somebody who has left, and a click is sent again later.
"""

import time
from pathlib import Path
from threading import Lock

import psycopg
import psycopg_pool
from flask import Flask, current_app, request

from crm_service.db import pipeline
from crm_service.journal import standing
from crm_service.journal.metrics import AGE
from crm_service.web.problems import Problem

EVERY_SECONDS = 2.0
_RETRY = {"Retry-After": "60"}
#: Whether a process lives, and how it fares, is told in any case.
_OPEN = frozenset({"/livez", "/metrics"})


class Fence:
    """Remembers for a short while that database and journal fit together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._good_until = 0.0
        self._lock = Lock()

    def check(self) -> None:
        """Raise ``NotCurrent`` if they do not; a database that cannot be asked is not judged."""
        if time.monotonic() < self._good_until:
            return
        with self._lock:
            if time.monotonic() < self._good_until:
                return
            try:
                with pipeline(None) as connection:
                    known = standing.mark(connection)
            except (psycopg.OperationalError, psycopg_pool.PoolTimeout):
                # The request will find that out itself, and say it in its own way.
                return
            AGE.set(known.age)
            standing.check(known, self._folder)
            self._good_until = time.monotonic() + EVERY_SECONDS


def install(app: Flask) -> None:
    """Put the fence before every request of ``app``, if there is a journal."""
    folder: Path | None = app.extensions["crm.settings"].journal_path
    if folder is None:
        return
    app.extensions["crm.fence"] = Fence(folder)
    app.before_request(refuse_while_restored)


def refuse_while_restored() -> None:
    """Raise ``Problem`` 503 while the database does not know all that its journal says."""
    if request.path in _OPEN:
        return
    fence: Fence = current_app.extensions["crm.fence"]
    try:
        fence.check()
    except standing.NotCurrent as error:
        raise Problem(503, error.code, str(error), headers=_RETRY) from None
