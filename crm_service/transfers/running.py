"""Running an import: batch after batch, each a transaction that also says how far it has come."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import psycopg

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import sourcing
from crm_service.db import Connection
from crm_service.policies.document import Policy
from crm_service.transfers import jobs
from crm_service.transfers.ahead import ahead, few_collections
from crm_service.transfers.applying import Moved, Register
from crm_service.transfers.batches import Batch, cut
from crm_service.transfers.columns import Columns
from crm_service.transfers.jobs import Job
from crm_service.transfers.keeping import Keeper
from crm_service.transfers.ordering import Order, Progress, Request, Result
from crm_service.transfers.reading import Table
from crm_service.transfers.rows import Interpreter
from crm_service.transfers.targets import Targets

#: Others may change the same people meanwhile; the batch is then taken anew.
_COLLISIONS = (
    Moved,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.UniqueViolation,
)
_ATTEMPTS = 5


@dataclass(frozen=True)
class Reading:
    """How a file is read: as this table, with columns that mean this under this policy."""

    table: Table
    columns: Columns
    policy: Policy


class Run:
    """One run of an import, from its first row or from where it was interrupted.

    A dry run takes the same way and rolls every batch back.
    """

    def __init__(
        self,
        connection: Connection,
        job: Job,
        request: Request,
        reading: Reading,
        keeper: Keeper,
        actor: str,
    ) -> None:
        self._connection = connection
        self._job = job
        self._request = request
        self._reading = reading
        self._keeper = keeper
        source = sourcing.stated(reading.policy, request.source_kind or sourcing.IMPORT)
        self._order = Order(
            id=job.id,
            controller_id=job.controller_id,
            policy=reading.policy,
            actor=actor,
            updates=request.updates,
            source_kind=source.kind,
        )
        created = job.notes.get("topics_created", ())
        self._targets = Targets(job.controller_id, reading.policy, created=created)

    def to_the_end(self, pepper: bytes, on_progress: Callable[[Progress], None]) -> Result:
        """Import every row that is left."""
        start = self._job.next_row
        table, columns = self._reading.table, self._reading.columns
        interpreter = Interpreter(columns, self._order.policy, pepper, now=utcnow())
        with table.records() as records:
            batches = cut(records, interpreter, start=start, limit=self._request.batch_rows)
            with few_collections(), ahead(batches) as made:
                for batch in made:
                    self._take(batch)
                    on_progress(Progress(batch.position, table.found.size, self._job.tally))
        if self._request.dry_run:
            self._audit_trial()
        self._keeper.finish(self._job)
        return Result(
            job=self._job,
            table=table,
            columns=columns,
            started_at_row=start,
            verdicts=partial(self._keeper.verdicts, self._job),
        )

    def _take(self, batch: Batch) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._job = self._write(batch)
            except _COLLISIONS:
                self._targets.forget()
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    def _write(self, batch: Batch) -> Job:
        connection = self._connection
        # Few flushes: as many as results are asked for. The commit is certain behind the block.
        with connection.pipeline(), jobs.entered(connection, self._order.controller_id) as inside:
            register = Register(connection, self._order, self._targets)
            verdicts = register.apply(self._keeper.admit(batch))
            after = self._job.after(verdicts, self._targets.notes())
            if self._request.dry_run:
                inside.force_rollback = True
            else:
                self._audit(batch, after)
                self._keeper.keep(batch, self._job, after, verdicts)
        if self._request.dry_run:
            self._targets.forget()
            self._keeper.keep_trial(batch, self._job, after, verdicts)
        else:
            self._targets.settle()
        return after

    def _audit(self, batch: Batch, after: Job) -> None:
        audit.record(
            self._connection,
            self._order.controller_id,
            actor=self._order.actor,
            action="transfers.import_contacts",
            fields=sorted(self._reading.columns.by_field),
            count=after.tally.people - self._job.tally.people,
            details={"import": str(after.id), "rows": [batch.first, after.next_row - 1]},
        )

    def _audit_trial(self) -> None:
        """Note that people were looked up, which is all that a dry run leaves (rule 38)."""
        with jobs.entered(self._connection, self._order.controller_id):
            audit.record(
                self._connection,
                self._order.controller_id,
                actor=self._order.actor,
                action="transfers.try_import_contacts",
                fields=sorted(self._reading.columns.by_field),
                count=self._job.tally.people,
                details={"rows": self._job.tally.rows},
            )
