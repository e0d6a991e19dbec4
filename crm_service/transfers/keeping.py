"""What is kept of the rows of an import: their outcomes, or of an upload the whole report."""

import uuid
import zlib
from collections.abc import Iterator, Sequence
from typing import Protocol

from crm_service.db import Connection
from crm_service.transfers import jobs, kept_reports, upload_jobs
from crm_service.transfers.applying import Moved
from crm_service.transfers.batches import Batch
from crm_service.transfers.jobs import Job
from crm_service.transfers.reading import Table
from crm_service.transfers.report import Lines
from crm_service.transfers.rows import Person, Rejected
from crm_service.transfers.tallies import decode, encode
from crm_service.transfers.verdicts import ERASED, Verdict

_ERASED = """
SELECT address_key FROM import_erasures WHERE controller_id = %s AND import_id = %s
"""


class Keeper(Protocol):
    """Keeps what became of the rows of one import."""

    def admit(self, batch: Batch) -> Sequence[Person | Rejected]:
        """Return the rows to be applied."""

    def keep(self, batch: Batch, before: Job, after: Job, verdicts: Sequence[Verdict]) -> None:
        """Keep the batch, in the transaction that applies it."""

    def keep_trial(
        self, batch: Batch, before: Job, after: Job, verdicts: Sequence[Verdict]
    ) -> None:
        """Keep a batch that was tried, and rolled back."""

    def finish(self, job: Job) -> None:
        """Write that every row is done."""

    def verdicts(self, job: Job) -> Iterator[Verdict]:
        """Yield what became of each row, in their order."""


class Outcomes:
    """Of a file on this machine: the outcomes, by row. Of a trial they stay in memory."""

    def __init__(self, connection: Connection, *, dry_run: bool) -> None:
        self._connection = connection
        self._dry_run = dry_run
        self._tried: list[bytes] = []

    def admit(self, batch: Batch) -> Sequence[Person | Rejected]:
        """Return every row: whoever has the file decides."""
        return batch.rows

    def keep(self, batch: Batch, before: Job, after: Job, verdicts: Sequence[Verdict]) -> None:
        """Keep the outcomes."""
        jobs.keep_outcomes(self._connection, before, verdicts)
        jobs.advance(self._connection, before, after, position=batch.position)

    def keep_trial(
        self, _batch: Batch, _before: Job, _after: Job, verdicts: Sequence[Verdict]
    ) -> None:
        """Keep the outcomes in memory: a trial stores nothing."""
        self._tried.append(zlib.compress(encode(verdicts).encode()))

    def finish(self, job: Job) -> None:
        """Write that every row is done."""
        if not self._dry_run:
            jobs.finish(self._connection, job)

    def verdicts(self, job: Job) -> Iterator[Verdict]:
        """Yield what became of each row."""
        if not self._dry_run:
            return jobs.outcomes(self._connection, job.controller_id, job.id)
        return (one for kept in self._tried for one in decode(zlib.decompress(kept).decode()))


class Reports:
    """Of an uploaded file: the report, with which the file itself is needed no longer."""

    def __init__(self, connection: Connection, job: Job, table: Table, *, pepper: bytes) -> None:
        self._connection = connection
        self._delimiter = table.delimiter
        self._pepper = pepper
        self._lines = Lines(table.header, table.delimiter)
        self._erased: set[uuid.UUID] = set()
        if job.next_row == 1:
            with jobs.entered(connection, job.controller_id):
                kept_reports.keep_header(
                    connection, job.controller_id, job.id, self._lines, self._delimiter
                )

    def admit(self, batch: Batch) -> Sequence[Person | Rejected]:
        """Return the rows; whoever was erased since the upload is refused."""
        if not self._erased:
            return batch.rows
        return [
            Rejected(ERASED) if isinstance(row, Person) and row.email_key in self._erased else row
            for row in batch.rows
        ]

    def keep(self, batch: Batch, before: Job, after: Job, verdicts: Sequence[Verdict]) -> None:
        """Keep the lines. Raises ``Moved`` if somebody in the batch was erased meanwhile.

        An erasure waits for the row that ``advance`` writes, and so for the batch, or is seen here.
        """
        jobs.advance(self._connection, before, after, position=batch.position)
        facts = (after.controller_id, after.id)
        self._erased = {row[0] for row in self._connection.execute(_ERASED, facts)}
        if self._erased and _applied(batch, verdicts) & self._erased:
            raise Moved
        named = kept_reports.names(batch, self._pepper)
        erased = {kept_reports.half(key) for key in self._erased}
        emptied = {place for key, place in named if key in erased}
        kept_reports.keep(
            self._connection,
            *facts,
            first=batch.first,
            rows=(
                self._lines.row([] if place in emptied else record, batch.first + place, verdict)
                for place, (record, verdict) in enumerate(zip(batch.records, verdicts, strict=True))
            ),
            named=[(key, place) for key, place in named if place not in emptied],
            delimiter=self._delimiter,
        )

    def keep_trial(
        self, batch: Batch, before: Job, after: Job, verdicts: Sequence[Verdict]
    ) -> None:
        """Keep the lines of a trial as well: somebody else will ask for them."""
        with jobs.entered(self._connection, after.controller_id):
            self.keep(batch, before, after, verdicts)

    def finish(self, job: Job) -> None:
        """Write that every row is done; the file goes at once."""
        upload_jobs.finish(self._connection, job)

    def verdicts(self, _job: Job) -> Iterator[Verdict]:
        """Yield nothing: they stand in the report."""
        return iter(())


def _applied(batch: Batch, verdicts: Sequence[Verdict]) -> set[uuid.UUID]:
    """Return the address keys of the people whose rows were not refused."""
    return {
        row.email_key
        for row, verdict in zip(batch.rows, verdicts, strict=True)
        if isinstance(row, Person) and verdict.reason != ERASED
    }
