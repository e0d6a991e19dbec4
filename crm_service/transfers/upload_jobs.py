"""Imports of uploaded files as the database remembers them, from the upload to the report's end."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg.rows import class_row

from crm_service.db import Connection
from crm_service.errors import NotFound
from crm_service.transfers.jobs import Job, described, entered, lock_key, running
from crm_service.transfers.kept_reports import KEPT
from crm_service.transfers.reading import Table
from crm_service.transfers.tallies import Tally

#: Of one controller, uploads that wait or are being imported: what they take up is bounded.
MOST_UNFINISHED = 20
#: A start that came to nothing counts; a batch that was written makes up for all before it.
MOST_ATTEMPTS = 5

_UNFINISHED = "state IN ('waiting', 'running')"
_COLUMNS = """
id, state, actor, options, uploaded, file_bytes, position, next_row, counts, notes, delimiter,
problem_code, problem, created_at, started_at, updated_at, finished_at, file_sha256,
CASE WHEN started_at IS NOT NULL THEN (next_row - started_row) / greatest(
    extract(epoch FROM coalesce(finished_at, updated_at) - started_at), 0.001)::float8
END AS rows_per_second
"""
_BY_ID = f"SELECT {_COLUMNS} FROM imports WHERE controller_id = %s AND id = %s"  # noqa: S608 - ours
_PAGE = f"""
SELECT {_COLUMNS} FROM imports
WHERE controller_id = %(controller_id)s
    AND (%(before)s::timestamptz IS NULL OR (created_at, id) < (%(before)s, %(id)s::uuid))
ORDER BY created_at DESC, id DESC LIMIT %(limit)s
"""  # noqa: S608 - constant text
_COUNT = f"""
SELECT count(*) FROM imports WHERE controller_id = %s AND uploaded AND {_UNFINISHED}
"""  # noqa: S608 - constant text
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(%s)"
_SAME = f"""
SELECT id, fingerprint FROM imports
WHERE controller_id = %(controller_id)s AND file_sha256 = %(sha256)s AND uploaded AND {_UNFINISHED}
"""  # noqa: S608 - constant text
_NOBODY_IMPORTS_IT = "SELECT pg_try_advisory_xact_lock(%s)"
_ADD = """
INSERT INTO imports (id, controller_id, fingerprint, file_sha256, file_bytes, options, notes,
    delimiter, state, actor, uploaded)
VALUES (%(id)s, %(controller_id)s, %(fingerprint)s, %(sha256)s, %(size)s, %(options)s::jsonb,
    %(notes)s::jsonb, %(delimiter)s, 'waiting', %(actor)s, true)
"""
_START = f"""
UPDATE imports SET state = 'running', attempts = attempts + 1, started_at = now(),
    started_row = next_row, updated_at = now(),
    due_at = now() + make_interval(secs => power(2, attempts))
WHERE controller_id = %s AND id = %s AND {_UNFINISHED} RETURNING attempts
"""  # noqa: S608 - constant text
_END = """
UPDATE imports SET state = %(state)s, problem_code = %(code)s, problem = %(detail)s,
    position = CASE %(state)s WHEN 'done' THEN file_bytes ELSE position END,
    updated_at = now(), finished_at = now()
WHERE controller_id = %(controller_id)s AND id = %(id)s
"""
_DROP_FILE = """
DELETE FROM import_files WHERE controller_id = %(controller_id)s AND import_id = %(id)s
"""
_DROP_ERASURES = """
DELETE FROM import_erasures WHERE controller_id = %(controller_id)s AND import_id = %(id)s
"""


@dataclass(frozen=True, kw_only=True)
class Import:
    """An import. ``position``: bytes read of ``file_bytes``; ``options``: how it is imported."""

    id: uuid.UUID
    state: str
    actor: str
    options: dict[str, Any]
    uploaded: bool
    file_bytes: int
    file_sha256: bytes
    position: int
    next_row: int
    counts: dict[str, Any]
    notes: dict[str, list[str]]
    delimiter: str | None
    problem_code: str | None
    problem: str | None
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None
    rows_per_second: float | None

    @property
    def report_expires_at(self) -> datetime | None:
        """Until when the report can be had; None where there is none, or not yet."""
        is_kept = self.uploaded and self.state == "done" and self.finished_at is not None
        return self.finished_at + KEPT if is_kept and self.finished_at else None

    def job(self, controller_id: uuid.UUID) -> Job:
        """Return where the import has come to."""
        tally = Tally.from_json(self.counts)
        return Job(self.id, controller_id, self.next_row, tally, self.notes)


def get(connection: Connection, controller_id: uuid.UUID, import_id: uuid.UUID) -> Import:
    """Return one import. Raises ``NotFound`` (``import_not_found``)."""
    with connection.cursor(row_factory=class_row(Import)) as cursor:
        found = cursor.execute(_BY_ID, (controller_id, import_id)).fetchone()
    if found is None:
        raise NotFound("no such import", code="import_not_found")
    return found


def page(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    before: Sequence[object] | None,
    limit: int,
) -> list[Import]:
    """Return the imports made before (time, id), the newest first, at most ``limit``."""
    made, last = before or (None, None)
    facts = {"controller_id": controller_id, "before": made, "id": last, "limit": limit}
    with connection.cursor(row_factory=class_row(Import)) as cursor:
        return cursor.execute(_PAGE, facts).fetchall()


def unfinished(connection: Connection, controller_id: uuid.UUID) -> int:
    """Return how many uploads of the controller wait or are being imported."""
    row = connection.execute(_COUNT, (controller_id,)).fetchone()
    return int(row[0]) if row else 0


def add(
    connection: Connection,
    job: Job,
    table: Table,
    *,
    options: Mapping[str, Any],
    actor: str,
) -> uuid.UUID:
    """Add an import that waits, or return the one of the same file in the same way that does.

    Raises ``Conflict`` (``import_running``) while the file is imported otherwise: in another way,
    or by a command.
    """
    told = {**options, "uploaded": True}
    facts = described(job, table.found, options=told, actor=actor)
    key = lock_key(job.controller_id, b"upload" + table.found.sha256)
    connection.execute(_ONE_AT_A_TIME, (key,))
    for import_id, fingerprint in connection.execute(_SAME, facts).fetchall():
        if fingerprint != facts["fingerprint"]:
            raise running(import_id)
        same: uuid.UUID = import_id
        return same
    key = lock_key(job.controller_id, table.found.sha256)
    if connection.execute(_NOBODY_IMPORTS_IT, (key,)).fetchone() != (True,):
        raise running()
    notes = orjson.dumps(dict(job.notes)).decode()
    connection.execute(_ADD, {**facts, "notes": notes, "delimiter": table.delimiter})
    return job.id


def start(connection: Connection, controller_id: uuid.UUID, import_id: uuid.UUID) -> int | None:
    """Write that a worker has begun; return the attempts without a batch, None if it has ended."""
    with entered(connection, controller_id):
        row = connection.execute(_START, (controller_id, import_id)).fetchone()
    return int(row[0]) if row else None


def finish(connection: Connection, job: Job) -> None:
    """Write that every row is done; the file goes."""
    _end(connection, job.controller_id, job.id, state="done", code=None, detail=None)


def fail(
    connection: Connection, controller_id: uuid.UUID, import_id: uuid.UUID, code: str, detail: str
) -> None:
    """Write why it ends here; the file goes. ``detail`` holds no personal data."""
    _end(connection, controller_id, import_id, state="failed", code=code, detail=detail)


def _end(
    connection: Connection, controller_id: uuid.UUID, import_id: uuid.UUID, **facts: str | None
) -> None:
    whose = {"controller_id": controller_id, "id": import_id}
    with entered(connection, controller_id):
        connection.execute(_END, {**whose, **facts})
        connection.execute(_DROP_FILE, whose)
        connection.execute(_DROP_ERASURES, whose)
