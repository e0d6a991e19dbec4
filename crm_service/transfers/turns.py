"""Whose file is imported next: uploads take turns, so that none waits for the end of a large one.

Every few seconds, between two batches, a file rests where it is, in memory, while another one has
its turn: a small one to its end; a large one for a turn, when it is put off and read again up to
there at its next turn. So a small file waits for seconds whatever is being imported, and of two
large ones neither stands still.
"""

import time
import uuid
from collections.abc import Callable
from threading import Event

from crm_service.db import Connection

#: A turn, from its first batch on: reading up to where a file was left takes its time.
TURN_SECONDS = 5.0

#: A file stands there only while its import waits or runs.
_DUE = """
SELECT i.controller_id, i.id FROM import_files f JOIN imports i ON i.id = f.import_id
WHERE f.number = 0 AND i.state IN ('waiting', 'running')
    AND (i.due_at IS NULL OR i.due_at <= now())
ORDER BY i.created_at LIMIT 100
"""

#: Called after every batch; raises ``Stopped`` to leave the rest for later.
Rest = Callable[[], None]
#: Imports a file, unless another process does; tells whether it was this one.
Take = Callable[[uuid.UUID, uuid.UUID, Rest], bool]


class Stopped(Exception):
    """The worker is told to stop, or the turn is over: somebody goes on from here."""


class Turns:
    """The turns of one worker. ``connection`` acts as the worker, which finds what is due."""

    def __init__(self, connection: Connection, stop: Event, take: Take) -> None:
        self._connection = connection
        self._stop = stop
        self._take = take
        self._last_turns: dict[uuid.UUID, float] = {}

    def next(self) -> bool:
        """Import the file that is due to its end; return whether there was one."""
        return any(
            self._take(controller_id, import_id, self._letting_others(import_id))
            for controller_id, import_id in self._due()
        )

    def _due(self) -> list[tuple[uuid.UUID, uuid.UUID]]:
        """Return what is due: what has had no turn yet, the oldest first, then by the last turn."""
        due = self._connection.execute(_DUE).fetchall()
        known = {import_id: self._last_turns.get(import_id, 0.0) for _, import_id in due}
        self._last_turns = known
        return sorted(((row[0], row[1]) for row in due), key=lambda one: known[one[1]])

    def _letting_others(self, import_id: uuid.UUID) -> Rest:
        """Return how a file rests: now and then another has a turn, and then it as long."""
        until = time.monotonic() + TURN_SECONDS

        def rest() -> None:
            nonlocal until
            began = time.monotonic()
            if began >= until and not self._stop.is_set():
                self._let_another(import_id)
                ended = time.monotonic()
                until = ended + max(TURN_SECONDS, ended - began)
            if self._stop.is_set():
                raise Stopped

        return rest

    def _let_another(self, resting: uuid.UUID) -> None:
        for controller_id, import_id in self._due():
            if import_id != resting and self._take(controller_id, import_id, self._one_turn()):
                self._last_turns[import_id] = time.monotonic()
                return

    def _one_turn(self) -> Rest:
        """Return how a file rests that has one turn: not at all, and ends with it."""
        until: float | None = None

        def rest() -> None:
            nonlocal until
            until = until or time.monotonic() + TURN_SECONDS
            if self._stop.is_set() or time.monotonic() >= until:
                raise Stopped

        return rest
