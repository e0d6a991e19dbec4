"""Receiving files for import: checked as soon as they are here, imported by a worker."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from crm_service.audit import service as audit
from crm_service.errors import Conflict
from crm_service.transfers import service, upload_jobs, uploads
from crm_service.transfers.jobs import Job
from crm_service.transfers.ordering import Request
from crm_service.transfers.reading import Table
from crm_service.transfers.running import Reading
from crm_service.transfers.uploads import Connect, Receiver, StoredFile

_MOST_NAMED = 50
_NAME = 60


@dataclass(frozen=True)
class Received:
    """An upload that was taken. ``is_new``: False where the same one waits or is under way."""

    id: uuid.UUID
    is_new: bool


@contextmanager
def receiving(connect: Connect, controller_id: uuid.UUID) -> Iterator["Upload"]:
    """Yield what takes a file; unless it is accepted in the block, nothing of it stays.

    Raises ``Conflict`` (``too_many_imports``) before a byte is taken.
    """
    with connect() as connection:
        if upload_jobs.unfinished(connection, controller_id) >= upload_jobs.MOST_UNFINISHED:
            raise Conflict(
                f"{upload_jobs.MOST_UNFINISHED} uploaded files wait or are being imported: "
                "send this one when some of them are done",
                code="too_many_imports",
            )
    upload = Upload(connect, controller_id)
    try:
        yield upload
    finally:
        upload.discard_unless_accepted()


class Upload:
    """One file on its way in."""

    def __init__(self, connect: Connect, controller_id: uuid.UUID) -> None:
        self._connect = connect
        self._controller_id = controller_id
        self._id = uuid.uuid4()
        self._accepted = False
        self.file = Receiver(connect, controller_id, self._id)

    def accept(self, request: Request, *, actor: str) -> Received:
        """Check the file that has come, and have it imported as ``request`` says.

        Raises ``Unreadable``, ``UnusableMapping``, ``Forbidden`` (``agreement_required``) and
        ``Conflict`` (``import_running``).
        """
        self.file.finish()
        source = StoredFile(self._connect, self._controller_id, self._id, self.file.size)
        request = replace(request, source=source)
        table = service.look(request)
        with self._connect() as connection:
            reading = service.understand(connection, self._controller_id, request, table, actor)
            job = Job(self._id, self._controller_id, notes=_notes(reading))
            found = upload_jobs.add(connection, job, table, options=request.options(), actor=actor)
            audit.record(
                connection,
                self._controller_id,
                actor=actor,
                action="transfers.upload_contacts",
                fields=sorted(reading.columns.by_field),
                count=0,
                details=_told(found, table, dry_run=request.dry_run),
            )
        self._accepted = found == self._id
        return Received(found, self._accepted)

    def discard_unless_accepted(self) -> None:
        """Delete what came."""
        if not self._accepted and self.file.pieces:
            with self._connect() as connection:
                uploads.forget(connection, self._controller_id, self._id)


def _told(import_id: uuid.UUID, table: Table, *, dry_run: bool) -> dict[str, object]:
    sha256 = table.found.sha256.hex()
    return {"import": str(import_id), "sha256": sha256, "dry_run": dry_run}


def _notes(reading: Reading) -> dict[str, list[str]]:
    """Return what concerns no single row and is known from the start."""
    columns, found = reading.columns, reading.table.found
    unused = [name for name in columns.unused if name not in columns.withheld and name]
    notes = {
        "columns_not_imported": [name[:_NAME] for name in unused[:_MOST_NAMED]],
        "columns_withheld": [name[:_NAME] for name in columns.withheld[:_MOST_NAMED]],
        "encoding": [found.encoding],
        "encoding_guessed": [found.encoding] if found.is_guess else [],
    }
    return {name: values for name, values in notes.items() if values}
