"""Importing files of contacts (rules 4, 8, 17, 20, 21, 25, 26, 36 and 38).

A file is read once, checked row by row, and written in batches, each a transaction of its own that
also says how far the import has come. Nothing in a file lifts a suppression, turns a refusal into a
yes, or is a permission without its evidence.
"""

import uuid
from collections.abc import Callable

import psycopg

from crm_service.config import Settings
from crm_service.contacts import sourcing
from crm_service.db import APP_ROLE, Connection, connect_options
from crm_service.errors import Forbidden
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.transfers import columns, jobs, reading
from crm_service.transfers.jobs import Job
from crm_service.transfers.keeping import Outcomes, Reports
from crm_service.transfers.ordering import Progress, Request, Result
from crm_service.transfers.reading import Table
from crm_service.transfers.running import Reading, Run


def connect(settings: Settings) -> Connection:
    """Return a connection of its own for an import, as the service.

    Statements are planned anew each time, for any keys of any controller, and never for reading a
    table from end to end: tables grow by orders of magnitude meanwhile.
    """
    connection = psycopg.connect(
        settings.database_url,
        autocommit=True,
        prepare_threshold=None,
        **connect_options(APP_ROLE, keyed=True),
    )
    connection.execute("SET enable_seqscan = off")
    return connection


def import_contacts(
    connection: Connection,
    controller_id: uuid.UUID,
    request: Request,
    *,
    pepper: bytes,
    actor: str,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Result:
    """Import a file, or go on with its import where that was interrupted.

    Raises ``Unreadable`` and ``UnusableMapping`` before anything is stored, ``Forbidden``
    (``agreement_required``) while the policy's agreement is not accepted, ``Conflict``
    (``import_running``), and psycopg's errors; what was committed then stays, and the same call
    goes on from there.
    """
    found = _read(connection, controller_id, request, actor)
    with jobs.exclusively(connection, controller_id, found.table.found.sha256):
        job = _job(connection, controller_id, request, found, actor)
        keeper = Outcomes(connection, dry_run=request.dry_run)
        run = Run(connection, job, request, found, keeper, actor)
        return run.to_the_end(pepper, on_progress)


def import_upload(
    connection: Connection,
    job: Job,
    request: Request,
    *,
    pepper: bytes,
    actor: str,
    on_progress: Callable[[Progress], None],
) -> Result:
    """Import an uploaded file, or go on with it; its report is kept, the file is not.

    The caller holds the lock of the file. Raises as ``import_contacts`` does.
    """
    found = _read(connection, job.controller_id, request, actor)
    keeper = Reports(connection, job, found.table, pepper=pepper)
    run = Run(connection, job, request, found, keeper, actor)
    return run.to_the_end(pepper, on_progress)


def look(request: Request) -> Table:
    """Return the file as a table. Raises ``Unreadable``."""
    return reading.examine(
        request.source,
        is_known=_known(request),
        encoding=request.encoding,
        delimiter=request.delimiter,
    )


def understand(
    connection: Connection, controller_id: uuid.UUID, request: Request, table: Table, actor: str
) -> Reading:
    """Return how a table is read under the policy, in the caller's transaction.

    Raises ``UnusableMapping``, ``Forbidden`` (``agreement_required``) and ``Invalid``
    (``source_not_allowed``).
    """
    policy = _policy(connection, controller_id, actor)
    sourcing.stated(policy, request.source_kind or sourcing.IMPORT)
    return Reading(table, columns.assign(table.header, request.mapping, policy), policy)


def _read(
    connection: Connection, controller_id: uuid.UUID, request: Request, actor: str
) -> Reading:
    table = look(request)
    with jobs.entered(connection, controller_id):
        return understand(connection, controller_id, request, table, actor)


def _job(
    connection: Connection,
    controller_id: uuid.UUID,
    request: Request,
    found: Reading,
    actor: str,
) -> Job:
    if request.dry_run:
        return Job(uuid.uuid4(), controller_id)
    return jobs.begin(
        connection, controller_id, found.table.found, options=request.options(), actor=actor
    )


def _known(request: Request) -> Callable[[str], bool]:
    told = {columns.plain(column) for column, _ in request.mapping}
    return lambda name: columns.is_known(name) or columns.plain(name) in told


def _policy(connection: Connection, controller_id: uuid.UUID, actor: str) -> Policy:
    status = policies.agreement_status(connection, controller_id, actor=actor)
    if status.agreement is not None and status.acceptance is None:
        raise Forbidden(
            f"the agreement '{status.agreement.title}' ({status.agreement.version}) is not "
            f"accepted yet: read it at {status.agreement.url} and accept it first",
            code="agreement_required",
        )
    return policies.active(connection, controller_id)
