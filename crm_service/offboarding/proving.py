"""Proving an export without the service it came from: manifest, digests, seals and evidence."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from crm_service.offboarding.archive import Reader
from crm_service.offboarding.contents import SEALED, table_of
from crm_service.permissions.digest import evidence_digest
from crm_service.seals.digests import GENESIS, Mark, MerkleTree, Seal, seal_digest
from crm_service.seals.logs import LEDGER, Entry


@dataclass
class Proof:
    """What was proven: how many seals and entries of each log, and all that is wrong."""

    seals: dict[str, int] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    unsealed: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def prove(export: Reader) -> Proof:
    """Recompute everything that the export vouches for; needs neither database nor keyring."""
    proof = Proof(wrong=list(export.wrong()))
    if proof.wrong:
        return proof
    seals = [_seal(orjson.loads(line)) for line in export.lines(table_of("seals"))]
    for table, (log, _) in SEALED.items():
        entries = _entries(export, table)
        chain = [seal for seal in seals if seal.log == log.name]
        _prove_log(proof, log.name, chain, entries)
        _compare_head(proof, export, log.name, chain)
        if log is LEDGER:
            proof.wrong += _wrong_evidence(export, table)
    return proof


def _entries(export: Reader, table: str) -> Iterator[Entry]:
    log, names = SEALED[table]
    for line in export.lines(table_of(table)):
        stated = orjson.loads(line)
        yield log.read(*(stated[name] for name in names))


def _prove_log(proof: Proof, log: str, chain: list[Seal], entries: Iterator[Entry]) -> None:
    """Recompute the root under each seal, and the chain of the seals."""
    previous, entry = GENESIS, next(entries, None)
    proof.seals[log], proof.entries[log], proof.unsealed[log] = len(chain), 0, 0
    for number, seal in enumerate(chain, 1):
        tree = MerkleTree()
        while entry is not None and entry.mark <= seal.up_to:
            tree.add(entry.digest)
            entry = next(entries, None)
        proof.entries[log] += tree.leaves
        if (tree.root(), tree.leaves) != (seal.merkle_root, seal.entries):
            proof.wrong.append(f"{log}: the entries under seal {seal.number} are not those sealed")
        follows = seal.number == number and seal.previous_digest == previous
        if not follows or seal_digest(seal) != seal.digest:
            proof.wrong.append(f"{log}: seal {seal.number} is altered or follows no other")
        previous = seal.digest
    proof.unsealed[log] = (entry is not None) + sum(1 for _ in entries)


def _compare_head(proof: Proof, export: Reader, log: str, chain: list[Seal]) -> None:
    stated = export.manifest["heads"].get(log)
    found = {"number": chain[-1].number, "digest": chain[-1].digest.hex()} if chain else None
    if stated != found:
        proof.wrong.append(f"{log}: the head in the manifest is not that of the seals")


def _wrong_evidence(export: Reader, table: str) -> Iterator[str]:
    """Compare each piece of evidence that is still there with the digest its entry kept."""
    digests: dict[bytes, bytes] = {}
    for line in export.lines(table_of("ledger_evidence")):
        stated = orjson.loads(line)
        if stated["salt"] is not None:
            salt = _bytes(stated["salt"])
            digest = evidence_digest(salt, stated["evidence"])
            digests[uuid.UUID(stated["entry_id"]).bytes] = digest
    for line in export.lines(table_of(table)):
        stated = orjson.loads(line)
        found = digests.get(uuid.UUID(stated["id"]).bytes)
        if found is not None and found.hex() != stated["evidence_sha256"]:
            yield f"the evidence of entry {stated['id']} is not what it was"


def _seal(stated: dict[str, Any]) -> Seal:
    return Seal(
        controller_id=uuid.UUID(stated["controller_id"]),
        log=stated["log"],
        number=stated["number"],
        up_to=Mark(int(stated["up_to_xid"]), stated["up_to_position"]),
        entries=stated["entries"],
        merkle_root=_bytes(stated["merkle_root"]),
        previous_digest=_bytes(stated["previous_digest"]),
        digest=_bytes(stated["digest"]),
        sealed_at=datetime.fromisoformat(stated["sealed_at"]),
    )


def _bytes(text: str) -> bytes:
    r"""Return what PostgreSQL wrote as ``\x…``."""
    return bytes.fromhex(text.removeprefix("\\x"))
