"""The worker's part in imports: taking uploaded files in turns, and forgetting what is over.

Any number of workers may look; the lock of a file lets one of them import it. A worker that is
killed or loses the database leaves the rest to the next look, by whomever.
"""

import time
import uuid
from functools import partial
from threading import Event

import psycopg
import structlog

from crm_service.config import Settings
from crm_service.db import Connection
from crm_service.errors import Conflict, DomainError
from crm_service.transfers import jobs, service, upload_jobs
from crm_service.transfers.columns import UnusableMapping
from crm_service.transfers.kept_reports import KEPT
from crm_service.transfers.ordering import Request
from crm_service.transfers.turns import Rest, Stopped, Turns
from crm_service.transfers.upload_jobs import MOST_ATTEMPTS, Import
from crm_service.transfers.uploads import StoredFile

POLL_SECONDS = 0.5
FORGET_SECONDS = 600.0
#: An upload that no import came of was broken off: its web process may have died.
BROKEN_OFF = "1 hour"

_FORGET_FILES = """
DELETE FROM import_files f WHERE NOT EXISTS (
    SELECT FROM imports i WHERE i.id = f.import_id AND i.state IN ('waiting', 'running')
) AND NOT EXISTS (
    SELECT FROM import_files g
    WHERE g.import_id = f.import_id AND g.created_at > now() - %s::interval
)
"""
_FORGET_REPORTS = """
DELETE FROM import_reports r USING imports i
WHERE i.id = r.import_id AND i.finished_at < now() - %s::interval
"""
_FORGET_OUTCOMES = """
DELETE FROM import_outcomes o USING imports i
WHERE i.id = o.import_id AND i.finished_at < now() - %s::interval
"""

log = structlog.get_logger(__name__)


def work(connection: Connection, stop: Event, *, settings: Settings) -> None:
    """Import uploaded files until ``stop`` is set.

    ``connection`` acts as the worker, which finds what is due; each import has connections of its
    own, as the service, for its controller alone.
    """
    turns = Turns(connection, stop, partial(_take, settings))
    forget_at = time.monotonic()
    while not stop.is_set():
        if time.monotonic() >= forget_at:
            forget(connection)
            forget_at = time.monotonic() + FORGET_SECONDS
        if not turns.next():
            stop.wait(POLL_SECONDS)


def forget(connection: Connection) -> None:
    """Delete uploads that were broken off, and reports that are older than their term."""
    connection.execute(_FORGET_FILES, (BROKEN_OFF,))
    connection.execute(_FORGET_REPORTS, (KEPT,))
    connection.execute(_FORGET_OUTCOMES, (KEPT,))


def _take(settings: Settings, controller_id: uuid.UUID, import_id: uuid.UUID, rest: Rest) -> bool:
    """Import a file, unless another process does; return whether it was this one."""
    with service.connect(settings) as connection:
        with jobs.entered(connection, controller_id):
            found = upload_jobs.get(connection, controller_id, import_id)
        try:
            with jobs.exclusively(connection, controller_id, found.file_sha256, waits=False):
                _import(settings, connection, controller_id, import_id, rest)
        except Conflict as error:
            if error.code != "import_running":
                raise
            return False
    return True


def _import(
    settings: Settings,
    connection: Connection,
    controller_id: uuid.UUID,
    import_id: uuid.UUID,
    rest: Rest,
) -> None:
    attempts = upload_jobs.start(connection, controller_id, import_id)
    if attempts is None:
        return
    if attempts > MOST_ATTEMPTS:
        detail = "every attempt was broken off before a row was written; see the worker's log"
        upload_jobs.fail(connection, controller_id, import_id, "import_keeps_failing", detail)
        return
    with jobs.entered(connection, controller_id):
        found = upload_jobs.get(connection, controller_id, import_id)
    try:
        _run(settings, connection, controller_id, found, rest)
    except Stopped:
        log.info("import_paused")
    except psycopg.Error as error:
        log.warning("import_interrupted", error=type(error).__name__, sqlstate=error.sqlstate)
    except DomainError as error:
        upload_jobs.fail(connection, controller_id, import_id, error.code, _detail(error))
    except Exception:
        log.exception("import_failed")
        detail = "something went wrong on our side; rows up to next_row are imported"
        upload_jobs.fail(connection, controller_id, import_id, "internal_error", detail)


def _run(
    settings: Settings,
    connection: Connection,
    controller_id: uuid.UUID,
    found: Import,
    rest: Rest,
) -> None:
    with service.connect(settings) as reader:
        source = StoredFile(
            lambda: jobs.visiting(reader, controller_id), controller_id, found.id, found.file_bytes
        )
        service.import_upload(
            connection,
            found.job(controller_id),
            Request.of(source, found.options),
            pepper=settings.keyring.pepper(controller_id),
            actor=found.actor,
            on_progress=lambda _: rest(),
        )


def _detail(error: DomainError) -> str:
    """Return what to do. Names of columns are the file's own words: they are not kept."""
    if isinstance(error, UnusableMapping):
        return "the columns no longer fit the policy: send the file again to be told which"
    return str(error)
