"""Closing batches of the ledger and the audit log, behind the writers' backs (rules 18 and 38).

No write ever waits for a seal: entries are sealed afterwards, by the worker, at least every ten
seconds. A seal covers only entries of transactions older than every running one, so that none can
appear behind it later; a transaction that stays open therefore delays all seals until it ends.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_service.db import Connection
from crm_service.seals import repository
from crm_service.seals.digests import GENESIS, Mark, MerkleTree, Seal, seal_digest
from crm_service.seals.logs import LOGS, Log
from crm_service.seals.metrics import HELD_BACK, SEALED_ENTRIES
from crm_service.seals.repository import Horizon

#: How often the worker calls ``Sealer.sweep``; half of what rule 18 allows.
SWEEP_EVERY = timedelta(seconds=5)
#: Bounds the entries that one seal and its transaction cover.
BATCH = 50_000
#: An entry bears the time its transaction began. After the first sweep only partitions that can
#: hold entries of transactions at most this long are searched; an older one is sealed together
#: with its controller's next entry, or by the next process's first sweep.
LONGEST_TRANSACTION = timedelta(days=1)


class TransactionIdsBehind(Exception):
    """The cluster's transaction ids are lower than those sealed: nothing new can be ordered.

    Happens when a logical backup was restored into another cluster; see docs/ledger.md.
    """


@dataclass(frozen=True)
class Sweep:
    """What one sweep did.

    ``held_back_since``: when the oldest entry was recorded that a running transaction holds back.
    ``complete``: False where another sealer was busy with a chain.
    """

    seals: int = 0
    entries: int = 0
    held_back_since: datetime | None = None
    complete: bool = True

    def __add__(self, other: "Sweep") -> "Sweep":
        """Return what both did together."""
        held = [at for at in (self.held_back_since, other.held_back_since) if at]
        return Sweep(
            self.seals + other.seals,
            self.entries + other.entries,
            min(held, default=None),
            self.complete and other.complete,
        )


def seal_pending(connection: Connection, now: datetime) -> int:
    """Seal every entry that can be sealed, looking at every controller; return how many seals.

    For commands and tests; a process that seals over and over keeps a ``Sealer``.
    """
    return Sealer(connection).sweep(now).seals


class Sealer:
    """Seals all controllers' logs over one connection of the role ``crm_worker``.

    Remembers what it has seen, so that a sweep of an idle database asks one question. The
    connection must be outside any transaction. Several sealers may run at once: each chain is
    taken by one at a time, and the seals' primary key refuses a fork.
    """

    def __init__(self, connection: Connection, *, batch: int = BATCH) -> None:
        self._connection = connection
        self._batch = batch
        self._seen: Horizon | None = None
        self._held_back_since: datetime | None = None

    def sweep(self, now: datetime) -> Sweep:
        """Seal every entry that can be sealed; ``now`` is written into the seals.

        Each seal is a transaction of its own: a crash leaves whole seals and nothing else. Raises
        ``TransactionIdsBehind``, and psycopg's errors.
        """
        with self._connection.transaction():
            horizon = repository.horizon(self._connection)
        if self._seen and self._seen[:2] == horizon[:2]:
            swept = Sweep(held_back_since=self._held_back_since)
        else:
            swept = self._sweep(horizon, now)
            self._held_back_since = swept.held_back_since
            self._seen = horizon if swept.complete else self._seen
        held = swept.held_back_since
        HELD_BACK.set((horizon.at - held).total_seconds() if held else 0)
        return swept

    def _sweep(self, horizon: Horizon, now: datetime) -> Sweep:
        if self._seen is None:
            self._refuse_younger_cluster(horizon)
        since = self._seen.at - LONGEST_TRANSACTION if self._seen else None
        swept = Sweep()
        for log in LOGS.values():
            with self._connection.transaction():
                found = repository.due(self._connection, log, since)
            for due in found:
                if due.xid < horizon.settled:
                    swept += self._seal_all(log, due.controller_id, horizon, now)
                else:
                    swept += Sweep(held_back_since=due.recorded_at)
        return swept

    def _refuse_younger_cluster(self, horizon: Horizon) -> None:
        with self._connection.transaction():
            sealed = repository.last_sealed_xid(self._connection)
        if sealed >= horizon.upcoming:
            raise TransactionIdsBehind(
                f"entries are sealed up to transaction {sealed}, but this cluster has only come to "
                f"{horizon.upcoming}: see 'After a logical restore' in docs/ledger.md"
            )

    def _seal_all(
        self, log: Log, controller_id: uuid.UUID, horizon: Horizon, now: datetime
    ) -> Sweep:
        swept = Sweep()
        while True:
            with self._connection.transaction():
                sealed = self._seal_batch(log, controller_id, horizon, now)
            swept += sealed
            SEALED_ENTRIES.labels(log.name).inc(sealed.entries)
            if sealed.entries < self._batch:
                return swept

    def _seal_batch(
        self, log: Log, controller_id: uuid.UUID, horizon: Horizon, now: datetime
    ) -> Sweep:
        if not repository.try_lock(self._connection, log, controller_id):
            return Sweep(complete=False)
        # A statement of its own after the lock, so that it sees what the lock's last holder wrote.
        head = repository.last_seal(self._connection, controller_id, log)
        tree, mark = MerkleTree(), head.up_to if head else None
        for entry in repository.entries(
            self._connection,
            log,
            controller_id,
            after=mark,
            up_to=horizon.sealable,
            limit=self._batch,
        ):
            tree.add(entry.digest)
            mark = entry.mark
        if not tree.leaves or mark is None:
            return Sweep()
        repository.insert(self._connection, _next_seal(controller_id, log, head, mark, tree, now))
        return Sweep(seals=1, entries=tree.leaves)


def _next_seal(
    controller_id: uuid.UUID,
    log: Log,
    head: Seal | None,
    mark: Mark,
    tree: MerkleTree,
    now: datetime,
) -> Seal:
    seal = Seal(
        controller_id=controller_id,
        log=log.name,
        number=head.number + 1 if head else 1,
        up_to=mark,
        entries=tree.leaves,
        merkle_root=tree.root(),
        previous_digest=head.digest if head else GENESIS,
        digest=b"",
        sealed_at=now,
    )
    return seal._replace(digest=seal_digest(seal))
