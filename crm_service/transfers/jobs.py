"""Imports as the database remembers them: how far each has come, and what became of its rows.

Progress is written in the transaction of the batch it tells of, so a killed import goes on behind
its last committed row when the same file is given again in the same way.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import psycopg

from crm_service.db import SET_CONTROLLER, Connection
from crm_service.errors import Conflict
from crm_service.transfers.detecting import Found
from crm_service.transfers.tallies import Tally, decode, encode
from crm_service.transfers.verdicts import Verdict

_START = """
INSERT INTO imports
    (id, controller_id, fingerprint, file_sha256, file_bytes, options, state, started_at, actor)
VALUES (%(id)s, %(controller_id)s, %(fingerprint)s, %(sha256)s, %(size)s, %(options)s::jsonb,
    'running', now(), %(actor)s)
"""
_UNFINISHED = """
SELECT id, next_row, counts, notes FROM imports
WHERE controller_id = %(controller_id)s AND fingerprint = %(fingerprint)s AND state = 'running'
"""
_ADVANCE = """
UPDATE imports SET next_row = %(next_row)s, counts = %(counts)s::jsonb, notes = %(notes)s::jsonb,
    position = %(position)s, attempts = 0, due_at = NULL, updated_at = now()
WHERE controller_id = %(controller_id)s AND id = %(id)s AND state = 'running'
    AND next_row = %(first)s
RETURNING id
"""
_KEEP_OUTCOMES = """
INSERT INTO import_outcomes (controller_id, import_id, first_row, outcomes)
VALUES (%(controller_id)s, %(id)s, %(first)s, %(outcomes)s)
"""
_FINISH = """
UPDATE imports SET state = 'done', position = file_bytes, updated_at = now(), finished_at = now()
WHERE controller_id = %(controller_id)s AND id = %(id)s
"""
_OUTCOMES = """
SELECT first_row, outcomes FROM import_outcomes
WHERE controller_id = %s AND import_id = %s AND first_row > %s ORDER BY first_row LIMIT 20
"""
#: How long a start waits for the same file's import to end: a killed one's session lingers.
_PATIENCE = "3s"


@dataclass(frozen=True)
class Job:
    """An import under way. ``notes``: what concerns no single row, e.g. topics that were made."""

    id: uuid.UUID
    controller_id: uuid.UUID
    next_row: int = 1
    tally: Tally = field(default_factory=Tally)
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def after(self, verdicts: Sequence[Verdict], notes: Mapping[str, Iterable[str]]) -> "Job":
        """Return the import as it is after the next rows."""
        both = {
            name: sorted({*self.notes.get(name, ()), *notes.get(name, ())})
            for name in {*self.notes, *notes}
        }
        next_row = self.next_row + len(verdicts)
        return replace(self, next_row=next_row, tally=self.tally.plus(verdicts), notes=both)


@contextmanager
def exclusively(
    connection: Connection, controller_id: uuid.UUID, sha256: bytes, *, waits: bool = True
) -> Iterator[None]:
    """Hold the file's own lock, which ends with the connection, however the process ends.

    Raises ``Conflict`` (``import_running``) while another session imports this file.
    """
    key = lock_key(controller_id, sha256)
    taken = _wait_for(connection, key) if waits else _try(connection, key)
    if not taken:
        raise running()
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s)", (key,))


def lock_key(controller_id: uuid.UUID, sha256: bytes) -> int:
    """Return the number of a file's advisory lock."""
    name = hashlib.sha256(controller_id.bytes + sha256).digest()
    return int.from_bytes(name[:8], signed=True)


def running(import_id: uuid.UUID | None = None) -> Conflict:
    """Return the refusal of a file that is being imported; ``import_id``: by which import."""
    refusal = Conflict(
        "this file is being imported already; wait for that import to end", code="import_running"
    )
    refusal.extra = {"import_id": str(import_id)} if import_id else {}
    return refusal


def _wait_for(connection: Connection, key: int) -> bool:
    connection.execute("SELECT set_config('lock_timeout', %s, false)", (_PATIENCE,))
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", (key,))
    except psycopg.errors.LockNotAvailable:
        return False
    finally:
        if not connection.broken:
            connection.execute("SELECT set_config('lock_timeout', '0', false)")
    return True


def _try(connection: Connection, key: int) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
    return bool(row and row[0])


def begin(
    connection: Connection,
    controller_id: uuid.UUID,
    found: Found,
    *,
    options: Mapping[str, Any],
    actor: str,
) -> Job:
    """Return the unfinished import of the same file in the same way, or a new one."""
    new = Job(uuid.uuid4(), controller_id)
    facts = described(new, found, options=options, actor=actor)
    with entered(connection, controller_id):
        row = connection.execute(_UNFINISHED, facts).fetchone()
        if row is not None:
            return Job(row[0], controller_id, row[1], Tally.from_json(row[2]), row[3])
        connection.execute(_START, facts)
    return new


def described(job: Job, found: Found, *, options: Mapping[str, Any], actor: str) -> dict[str, Any]:
    """Return what the row of a new import says. The fingerprint: the file and how it is taken."""
    told = orjson.dumps(dict(options), option=orjson.OPT_SORT_KEYS)
    return {
        "id": job.id,
        "controller_id": job.controller_id,
        "fingerprint": hashlib.sha256(found.sha256 + told).digest(),
        "sha256": found.sha256,
        "size": found.size,
        "options": told.decode(),
        "actor": actor,
    }


def advance(connection: Connection, before: Job, after: Job, *, position: int) -> None:
    """Write, in the transaction of a batch, that its rows are done.

    Raises ``Conflict`` (``import_overtaken``) if another process has come by, which the lock of the
    file prevents.
    """
    facts = {
        "controller_id": after.controller_id,
        "id": after.id,
        "first": before.next_row,
        "next_row": after.next_row,
        "position": position,
        "counts": orjson.dumps(after.tally.as_json()).decode(),
        "notes": orjson.dumps(dict(after.notes)).decode(),
    }
    if connection.execute(_ADVANCE, facts).fetchone() is None:
        raise Conflict("another process has taken this import over", code="import_overtaken")


def keep_outcomes(connection: Connection, job: Job, verdicts: Sequence[Verdict]) -> None:
    """Keep what became of the rows of a batch, the next ones of ``job``."""
    facts = {
        "controller_id": job.controller_id,
        "id": job.id,
        "first": job.next_row,
        "outcomes": encode(verdicts),
    }
    connection.execute(_KEEP_OUTCOMES, facts)


def finish(connection: Connection, job: Job) -> None:
    """Write that every row is done."""
    with entered(connection, job.controller_id):
        connection.execute(_FINISH, {"controller_id": job.controller_id, "id": job.id})


def outcomes(
    connection: Connection, controller_id: uuid.UUID, import_id: uuid.UUID
) -> Iterator[Verdict]:
    """Yield what became of each row, in their order, in bounded memory."""
    last = 0
    while True:
        with entered(connection, controller_id):
            rows = connection.execute(_OUTCOMES, (controller_id, import_id, last)).fetchall()
        for last, text in rows:  # noqa: B007 - the last one is where to go on
            yield from decode(text)
        if not rows:
            return


@contextmanager
def entered(connection: Connection, controller_id: uuid.UUID) -> Iterator[psycopg.Transaction]:
    """Run a transaction that sees this controller's rows."""
    with connection.transaction() as transaction:
        connection.execute(SET_CONTROLLER, (str(controller_id),))
        yield transaction


@contextmanager
def visiting(connection: Connection, controller_id: uuid.UUID) -> Iterator[Connection]:
    """Run a transaction that sees this controller's rows, and yield its connection."""
    with entered(connection, controller_id):
        yield connection
