"""Writing the journal, continuously, by the worker (rule 35).

First the database is told up to which line the journal is about to go, then the lines are written
and made durable, then the database is told that they are. Whatever is interrupted, the journal is
never further than the database knows it may be, unless an older database was restored.
"""

import time
from pathlib import Path
from threading import Event

import structlog

from crm_service.db import Connection
from crm_service.errors import ConfigurationError
from crm_service.journal import files, repository, standing
from crm_service.journal.lines import GENESIS, Line, following
from crm_service.journal.metrics import LINES
from crm_service.outbox.feed import Place

EVERY_SECONDS = 0.5
#: How long it waits while another process writes, or while a restore is to be replayed.
PATIENCE_SECONDS = 5.0
BATCH = 2_000
#: How often an idle journal says that it is current.
CONFIRM_SECONDS = 10.0
#: Moving the place over an idle log need not be written down each time.
_IDLE_TRANSACTIONS = 10_000

log = structlog.get_logger(__name__)


def require_journal(folder: Path | None) -> None:
    """Refuse to start where no journal can be written: no erasure would survive a restore.

    Raises ``ConfigurationError``; None, where no journal is to be kept, is fine.
    """
    if folder is None:
        return
    try:
        files.prepare(folder)
    except OSError as error:
        raise ConfigurationError(
            f"settings: JOURNAL_PATH: {folder} cannot be created or written ({error.strerror}): "
            "name a folder that the worker may write, or leave it unset to keep no journal"
        ) from None


def keep_journal(folder: Path, connection: Connection, stop: Event) -> None:
    """Write the journal in ``folder`` until ``stop``.

    One process at a time writes; the others wait. While the database does not know all that the
    journal says, nothing is written.
    """
    while not stop.is_set():
        if not repository.hold(connection):
            stop.wait(PATIENCE_SECONDS)
            continue
        try:
            Exporter(connection, folder).run(stop)
        except standing.NotCurrent as error:
            log.error("journal_not_written", problem=error.code)  # noqa: TRY400 - no defect of ours
        finally:
            if not connection.broken:
                repository.release(connection)
        stop.wait(PATIENCE_SECONDS)


class Exporter:
    """Appends what the event log says to one journal. The caller holds the journal's lock."""

    def __init__(self, connection: Connection, folder: Path, *, batch: int = BATCH) -> None:
        files.prepare(folder)
        self._connection = connection
        self._folder = folder
        self._batch = batch
        known = standing.mark(connection)
        self._last = standing.check(known, folder)
        self._place = repository.place(connection)
        self._noted = self._place.xid
        self._confirm_at = 0.0
        if self._last and self._last.number > known.number:
            # The process before wrote these lines and had no time to say so.
            self._settle(self._place)

    def run(self, stop: Event) -> None:
        """Sweep until ``stop``. Raises psycopg's errors and ``OSError``."""
        while not stop.is_set():
            if self.sweep() < self._batch:
                stop.wait(EVERY_SECONDS)

    def sweep(self) -> int:
        """Write the next batch of facts; return how many. Raises ``NotCurrent`` after a restore."""
        facts, place = repository.page(self._connection, self._place, self._batch)
        if not facts:
            self._pass(place)
            self._confirm()
            return 0
        standing.check(standing.mark(self._connection), self._folder)
        lines: list[Line] = []
        number, digest = self._end()
        for fact in facts:
            lines.append(following(number, digest, fact))
            number, digest = lines[-1].number, lines[-1].digest
        repository.intend(self._connection, number)
        files.append(self._folder, lines)
        self._last = lines[-1]
        self._settle(place)
        LINES.inc(len(lines))
        return len(lines)

    def _end(self) -> tuple[int, bytes]:
        return (self._last.number, self._last.digest) if self._last else (0, GENESIS)

    def _settle(self, place: Place) -> None:
        repository.advance(self._connection, *self._end(), place)
        self._place = place
        self._noted = place.xid

    def _pass(self, place: Place) -> None:
        """Look no more at what holds nothing for the journal; write so only now and then.

        An import writes events by the million of which none belongs in the journal.
        """
        self._place = place
        if place.xid - self._noted >= _IDLE_TRANSACTIONS:
            repository.move(self._connection, self._end()[0], place)
            self._noted = place.xid

    def _confirm(self) -> None:
        """Let the gauge of the journal's age see that it is current, and could be written to."""
        if time.monotonic() < self._confirm_at:
            return
        files.prepare(self._folder)
        repository.confirm(self._connection)
        self._confirm_at = time.monotonic() + CONFIRM_SECONDS
