"""What a seal says, the Merkle tree under it and the digest that chains it (rule 18).

Pure functions: an auditor can recompute every seal from exported rows with this file alone.
"""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from crm_service.audit.digest import sealed_digest

#: What the first seal of a chain names as the digest of the one before it.
GENESIS = bytes(32)

_TAG = "crm-service/seal/1"
_LEAF = b"\x00"
_NODE = b"\x01"


class Mark(NamedTuple):
    """A place in a log: entries are ordered by (transaction id, position)."""

    xid: int
    position: int


class Seal(NamedTuple):
    """One row of ``seals``: vouches for the entries after the previous seal's mark up to its own.

    ``number`` counts from 1 within a controller's log.
    """

    controller_id: uuid.UUID
    log: str
    number: int
    up_to: Mark
    entries: int
    merkle_root: bytes
    previous_digest: bytes
    digest: bytes
    sealed_at: datetime


def seal_digest(seal: Seal) -> bytes:
    """Return the digest of everything a seal says but for ``digest`` itself.

    It covers the digest of the previous seal, and so the whole log up to here.
    """
    return sealed_digest(
        _TAG,
        (
            seal.controller_id,
            seal.log,
            seal.number,
            str(seal.up_to.xid),
            seal.up_to.position,
            seal.entries,
            seal.merkle_root,
            seal.previous_digest,
            seal.sealed_at,
        ),
    )


class MerkleTree:
    """The Merkle tree hash of RFC 6962, section 2.1, over leaves given one at a time.

    Leaves and nodes are hashed under different prefixes, so that no node passes for an entry. Keeps
    one digest for each complete subtree: memory grows with the logarithm of ``leaves``.
    """

    def __init__(self) -> None:
        self.leaves = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf."""
        size, digest = 1, hashlib.sha256(_LEAF + leaf).digest()
        while self._peaks and self._peaks[-1][0] == size:
            _, left = self._peaks.pop()
            size, digest = 2 * size, _node(left, digest)
        self._peaks.append((size, digest))
        self.leaves += 1

    def root(self) -> bytes:
        """Return the tree's root; of no leaves, SHA-256 of nothing."""
        if not self._peaks:
            return hashlib.sha256().digest()
        digest = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            digest = _node(left, digest)
        return digest


def audit_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the digests that lead from one leaf to the root (RFC 6962, section 2.1.1).

    ``leaves`` are the digests of a batch's entries in order; the path begins beside the leaf.
    """
    if len(leaves) == 1:
        return []
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < half:
        return [*audit_path(leaves[:half], index), root_of(leaves[half:])]
    return [*audit_path(leaves[half:], index - half), root_of(leaves[:half])]


def followed(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that a path leads to from a leaf (RFC 9162, section 2.1.3.2).

    None for a path that is none of a tree with ``size`` leaves.
    """
    at, last, digest = index, size - 1, hashlib.sha256(_LEAF + leaf).digest()
    if not 0 <= at <= last:
        return None
    for beside in path:
        if last == 0:
            return None
        while at % 2 == 0 and at == last:
            at, last = at // 2, last // 2
        digest = _node(beside, digest) if at % 2 else _node(digest, beside)
        at, last = at // 2, last // 2
    return digest if last == 0 else None


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the Merkle tree hash of digests in order."""
    tree = MerkleTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
