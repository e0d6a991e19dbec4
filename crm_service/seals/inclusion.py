"""Proving that a seal covers an entry: which seal, and the path to its root (rules 18 and 38).

Whoever has the entry recomputes its digest, follows the path to the seal's root, and the seals to a
head that was noted elsewhere; no other entry need be shown.
"""

import uuid
from collections.abc import Iterable
from typing import NamedTuple

from crm_service.db import Connection
from crm_service.seals import repository
from crm_service.seals.digests import Mark, Seal, audit_path, root_of
from crm_service.seals.logs import Log


class Inclusion(NamedTuple):
    """Where an entry stands among those that a seal covers, and its path to the seal's root.

    ``holds``: the entries that are there now make up the root that was sealed.
    """

    seal: Seal
    leaf: int
    path: list[bytes]
    holds: bool


def included(
    connection: Connection, controller_id: uuid.UUID, log: Log, marks: Iterable[Mark]
) -> dict[Mark, Inclusion]:
    """Return for each entry, named by its mark, how it is sealed; nothing of those not sealed yet.

    Reads the batches concerned, of at most 50,000 entries each.
    """
    found: dict[Mark, Inclusion] = {}
    for mark in sorted(set(marks)):
        if mark in found:
            continue
        seal = _covering(connection, controller_id, log, mark)
        if seal is not None:
            batch = _Batch(connection, controller_id, log, seal)
            found |= {other: batch.place(other) for other in marks if other in batch.order}
    return found


class _Batch:
    def __init__(
        self, connection: Connection, controller_id: uuid.UUID, log: Log, seal: Seal
    ) -> None:
        before = repository.seal_from(connection, controller_id, log, seal.number - 1)
        after = before.up_to if before and before.number < seal.number else None
        entries = list(
            repository.entries(connection, log, controller_id, up_to=seal.up_to, after=after)
        )
        self.order = {entry.mark: index for index, entry in enumerate(entries)}
        self._digests = [entry.digest for entry in entries]
        self._seal = seal
        self._holds = root_of(self._digests) == seal.merkle_root

    def place(self, mark: Mark) -> Inclusion:
        index = self.order[mark]
        return Inclusion(self._seal, index, audit_path(self._digests, index), self._holds)


def _covering(
    connection: Connection, controller_id: uuid.UUID, log: Log, mark: Mark
) -> Seal | None:
    """Return the first seal whose end is not before the mark; a chain grows to millions."""
    head = repository.last_seal(connection, controller_id, log)
    if head is None or head.up_to < mark:
        return None
    covering, low, high = head, 1, head.number
    while low < high:
        middle = (low + high) // 2
        seal = repository.seal_from(connection, controller_id, log, middle)
        if seal is not None and seal.up_to >= mark:
            covering, high = seal, middle
        else:
            low = middle + 1
    return covering
