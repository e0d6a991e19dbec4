"""Importing files of contacts (rules 4, 8, 17, 20, 21, 25, 26, 36 and 38).

A file is read once, checked row by row, and written in batches, each a transaction of its own that
also says how far the import has come. Nothing in a file lifts a suppression, turns a refusal into a
yes, or is a permission without its evidence.
"""

import uuid
from collections.abc import Callable

import psycopg

from crm_service.config import Settings
from crm_service.db import APP_ROLE, Connection, connect_options
from crm_service.errors import Forbidden
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.transfers import columns, jobs, reading
from crm_service.transfers.ordering import Progress, Request, Result
from crm_service.transfers.running import Run


def connect(settings: Settings) -> Connection:
    """Return a connection of its own for an import, as the service.

    Statements are planned anew each time, and never for reading a table from end to end: each one
    is about some thousands of keys, in tables that grow by orders of magnitude meanwhile.
    """
    connection = psycopg.connect(
        settings.database_url,
        autocommit=True,
        prepare_threshold=None,
        **connect_options(APP_ROLE),
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
    table = reading.examine(
        request.source,
        is_known=_known(request),
        encoding=request.encoding,
        delimiter=request.delimiter,
    )
    policy = _policy(connection, controller_id, actor)
    assigned = columns.assign(table.header, request.mapping, policy)
    with jobs.exclusively(connection, controller_id, table.found):
        run = Run(connection, controller_id, request, policy, table, assigned, actor)
        return run.to_the_end(pepper, on_progress)


def _known(request: Request) -> Callable[[str], bool]:
    told = {columns.plain(column) for column, _ in request.mapping}
    return lambda name: columns.is_known(name) or columns.plain(name) in told


def _policy(connection: Connection, controller_id: uuid.UUID, actor: str) -> Policy:
    with jobs.entered(connection, controller_id):
        status = policies.agreement_status(connection, controller_id, actor=actor)
        if status.agreement is not None and status.acceptance is None:
            raise Forbidden(
                f"the agreement '{status.agreement.title}' ({status.agreement.version}) is not "
                f"accepted yet: read it at {status.agreement.url} and accept it first",
                code="agreement_required",
            )
        return policies.active(connection, controller_id)
