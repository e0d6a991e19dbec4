"""Handing out the report of an uploaded file, in bounded memory."""

import codecs
import uuid
from collections.abc import Generator

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.errors import Conflict, NotFound
from crm_service.transfers import kept_reports, upload_jobs
from crm_service.transfers.upload_jobs import Import
from crm_service.transfers.uploads import Connect


def stream(
    connect: Connect, controller_id: uuid.UUID, import_id: uuid.UUID, *, actor: str
) -> Generator[bytes, None, None]:
    """Yield the report, as text in UTF-8 with the mark that spreadsheets need.

    Raises, before the first piece, ``NotFound`` (``report_not_kept``: its week is over, or a
    command made it) and ``Conflict`` (``import_not_done``, ``import_failed``).
    """
    with connect() as connection:
        found = upload_jobs.get(connection, controller_id, import_id)
        _refuse(found)
        pieces = kept_reports.pieces(connection, controller_id, import_id, after=-1)
        _audit(connection, controller_id, found, actor)
    yield codecs.BOM_UTF8
    while pieces:
        yield from (text for _, text in pieces)
        with connect() as connection:
            last = pieces[-1][0]
            pieces = kept_reports.pieces(connection, controller_id, import_id, after=last)


def _refuse(found: Import) -> None:
    if not found.uploaded:
        raise NotFound("a command made this import, and its report", code="report_not_kept")
    if found.state == "failed":
        raise Conflict(
            "the import failed: its problem says why. Rows before next_row are imported; the same "
            "file again changes nothing about them",
            code="import_failed",
        )
    if found.report_expires_at is None:
        raise Conflict("the import is not done yet: ask again later", code="import_not_done")
    if found.report_expires_at < utcnow():
        raise NotFound("reports are kept for a week", code="report_not_kept")


def _audit(connection: Connection, controller_id: uuid.UUID, found: Import, actor: str) -> None:
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="transfers.read_report",
        count=int(found.counts.get("rows", 0)),
        details={"import": str(found.id)},
    )
