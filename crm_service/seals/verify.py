"""Proving that the ledger and the audit log are what was sealed (rules 18 and 38).

Recomputes every digest from the rows themselves. What this cannot show: a change to entries that no
seal covers yet; and a chain that was rewritten as a whole, seals included, unless a head noted
elsewhere is compared (``expected``).
"""

import uuid
from collections.abc import Iterator, Mapping

import psycopg

from crm_service.db import Connection
from crm_service.seals import repository
from crm_service.seals.digests import GENESIS, Mark, MerkleTree, Seal, seal_digest
from crm_service.seals.findings import Kind, Report
from crm_service.seals.logs import LEDGER, LOGS, Entry

_KINDS_OF_EVIDENCE = {
    "entry_missing": (Kind.ENTRY_MISSING, "there is evidence for entry {}, which is not there"),
    "evidence_missing": (Kind.EVIDENCE_MISSING, "the evidence of entry {} was removed"),
    "evidence_changed": (Kind.EVIDENCE_CHANGED, "the evidence of entry {} is not what it was"),
}


def verify(
    connection: Connection,
    controller_id: uuid.UUID,
    log: str,
    expected: Mapping[int, bytes] | None = None,
) -> Report:
    """Check every entry, seal and piece of evidence of one controller's log.

    ``connection`` is in a transaction that sees the controller's rows, at READ COMMITTED: what is
    sealed never changes, so that one snapshot need not be held. Memory stays flat. ``expected``
    holds digests of seals noted elsewhere, by number. Evidence is hashed inside the database and
    never read.
    """
    check = _Check(connection, controller_id, log, dict(expected or {}))
    check.chain()
    if check.log is LEDGER:
        check.evidence()
    return check.report


class _Check:
    def __init__(
        self,
        connection: Connection,
        controller_id: uuid.UUID,
        log: str,
        expected: dict[int, bytes],
    ) -> None:
        self.log = LOGS[log]
        self._connection = connection
        self._controller_id = controller_id
        self._expected = expected
        head = repository.last_seal(connection, controller_id, self.log)
        number, digest = (head.number, head.digest) if head else (0, GENESIS)
        self.report = Report(controller_id, log, number, digest)
        self._head = head.up_to if head else None

    def chain(self) -> None:
        """Recompute the digests, the roots and the links between the seals."""
        self._compare_head(0, GENESIS)
        self._clock()
        try:
            if self._head:
                self._seals(self._head)
        except psycopg.DataError:
            self.report.add(
                Kind.ENTRY_UNREADABLE,
                f"after the first {self.report.entries} entries one holds a value that no client "
                "can read, so it was never recorded like that; what follows was not checked",
            )
        for number in self._expected:
            self.report.add(Kind.HEAD_MISSING, f"seal {number}, noted elsewhere, is not there")
        self.report.unsealed = repository.count_after(
            self._connection, self.log, self._controller_id, self._head
        )

    def _seals(self, head: Mark) -> None:
        entries = _Ahead(
            repository.entries(self._connection, self.log, self._controller_id, up_to=head)
        )
        number, previous = 0, GENESIS
        for seal in repository.seals(self._connection, self._controller_id, self.log):
            if seal.number > self.report.number:
                break  # sealed while this runs; the next run will look at it
            gap = seal.number != number + 1
            if gap:
                self.report.add(Kind.SEAL_MISSING, f"seals {number + 1} to {seal.number - 1}")
            self._seal(seal, previous)
            root, counted = entries.take(seal.up_to)
            if not gap:  # where a seal is missing, nothing says which entries were this one's
                self._batch(seal, root, counted)
            self.report.seals += 1
            self.report.entries += counted
            number, previous = seal.number, seal.digest

    def _seal(self, seal: Seal, previous: bytes) -> None:
        if seal_digest(seal) != seal.digest:
            self.report.add(Kind.SEAL_ALTERED, f"seal {seal.number}")
        if seal.previous_digest != previous:
            self.report.add(
                Kind.CHAIN_BROKEN, f"seal {seal.number} does not follow the one before it"
            )
        self._compare_head(seal.number, seal.digest)

    def _compare_head(self, number: int, digest: bytes) -> None:
        if self._expected.pop(number, digest) != digest:
            self.report.add(
                Kind.HEAD_DIFFERS, f"seal {number} has another digest than was noted elsewhere"
            )

    def _batch(self, seal: Seal, root: bytes, counted: int) -> None:
        if counted == seal.entries and root == seal.merkle_root:
            return
        kind = Kind.ENTRY_ALTERED
        if counted != seal.entries:
            kind = Kind.ENTRY_MISSING if counted < seal.entries else Kind.ENTRY_INSERTED
        self.report.add(
            kind,
            f"seal {seal.number} of {seal.sealed_at.isoformat()} covers {seal.entries} entries up "
            f"to transaction {seal.up_to.xid}, position {seal.up_to.position}; "
            f"there are {counted}, and they are not those that were sealed",
        )

    def _clock(self) -> None:
        upcoming = repository.horizon(self._connection).upcoming
        if self._head and self._head.xid >= upcoming:
            self.report.add(
                Kind.IDS_BEHIND,
                f"sealed up to transaction {self._head.xid}, but this cluster has only come to "
                f"{upcoming}: see 'After a logical restore' in docs/ledger.md",
            )

    def evidence(self) -> None:
        """Compare each piece of evidence with the digest that its entry kept."""
        for problem, entry_id in repository.wrong_evidence(self._connection, self._controller_id):
            kind, text = _KINDS_OF_EVIDENCE[problem]
            self.report.add(kind, text.format(entry_id))


class _Ahead:
    """Entries in order, taken seal by seal."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._entries = entries
        self._next = next(entries, None)

    def take(self, up_to: Mark) -> tuple[bytes, int]:
        """Consume the entries up to a mark; return their Merkle root and how many they are."""
        tree = MerkleTree()
        while self._next is not None and self._next.mark <= up_to:
            tree.add(self._next.digest)
            self._next = next(self._entries, None)
        return tree.root(), tree.leaves
