"""Checking a proof in a file without the service that it came from (rules 18, 19 and 38).

Seals cover the ledger entries, the restrictions and the decision; the record of the proof in the
sealed audit log covers every byte of the file. What neither covers is checked to contradict nothing
that they do. A chain rewritten as a whole is told by heads noted elsewhere alone.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from crm_service.errors import Invalid
from crm_service.permissions.digest import evidence_digest
from crm_service.policies import service as policies
from crm_service.seals import consistency
from crm_service.seals import sealed_values as read
from crm_service.seals.digests import Seal
from crm_service.seals.findings import Head
from crm_service.seals.logs import Entry
from crm_service.seals.sealed_values import Json


@dataclass
class Checked:
    """What was found: how much is sealed, and all that is wrong.

    ``covering``: the seals over what is shown; ``seals``: these and those that lead further;
    ``anchored``: how many of the covering ones lead to a head noted elsewhere.
    """

    proof: Json = field(default_factory=dict)
    sealed: int = 0
    unsealed: int = 0
    anchored: int = 0
    covering: set[tuple[str, int]] = field(default_factory=set)
    seals: dict[tuple[str, int], Seal] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def check(
    text: bytes,
    *,
    record: bytes | None = None,
    policy: Mapping[str, Any] | None = None,
    chain: Sequence[bytes] = (),
    heads: Sequence[Head] = (),
) -> Checked:
    """Recompute everything that a proof vouches for; needs no database and no keyring.

    ``record``: what ``GET /v1/proof-records/{id}`` answered; ``policy``: the document of then;
    ``chain``: pages of ``GET /v1/seals``, which lead from seals in the proof to heads noted later.
    Raises ``Invalid`` (``unreadable_proof``) for what is no proof at all.
    """
    checked = Checked()
    try:
        checked.proof = orjson.loads(text)
        _check_entries(checked)
        _check_decision(checked)
        if record is not None:
            _check_record(checked, text, orjson.loads(record))
        _take_chain(checked, chain)
        checked.wrong += consistency.contradictions(checked.proof)
        checked.wrong += _wrong_policy(checked.proof, policy)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid(
            f"this is no proof as it was handed out ({type(error).__name__}): keep the file as it "
            "came, and its record beside it",
            code="unreadable_proof",
        ) from None
    checked.wrong += _wrong_chain(checked.seals)
    _compare_heads(checked, heads)
    return checked


def _check_entries(checked: Checked) -> None:
    digests = {stated["id"]: stated["evidence_sha256"] for stated in checked.proof["entries"]}
    for stated in checked.proof["entries"]:
        name = f"ledger entry {stated['id']}"
        _check_sealed(checked, name, read.ledger_entry(stated), stated, "ledger", stated)
        # A restatement shows the evidence of the entry that it restates, maybe of an older address.
        checked.wrong += _wrong_evidence(name, stated, digests.get(stated["proof_id"]))
    for stated in checked.proof["restrictions"]:
        _check_audited(checked, "the restriction", stated)


def _check_decision(checked: Checked) -> None:
    if "decision" in checked.proof:
        stated = checked.proof["decision"]
        _check_audited(checked, "the decision", stated)
        checked.wrong += consistency.of_decision(stated)


def _check_audited(checked: Checked, name: str, stated: Json) -> None:
    values = stated["audit_entry"]
    name = f"{name} {values['id']}"
    _check_sealed(checked, name, read.audit_entry(values), stated, "audit", values)


def _check_sealed(
    checked: Checked, name: str, entry: Entry, stated: Json, log: str, values: Json
) -> None:
    """Compare an entry's digest with its values, and follow its path to its seal."""
    if entry.digest.hex() != stated["digest"]:
        checked.wrong.append(f"{name} has another digest than its values")
    if stated["seal"] is None:
        checked.unsealed += 1
        return
    seal = read.seal(stated["seal"], values["controller_id"])
    wrong = read.wrong_seal(seal, log)
    if wrong is None and not read.leads_to(entry, seal, stated["seal"]):
        wrong = f"{name} is not among what seal {seal.number} of the {log} log covers"
    if wrong is None and checked.seals.setdefault((log, seal.number), seal) != seal:
        wrong = f"there are two seals {seal.number} of the {log} log"
    checked.covering.add((log, seal.number))
    checked.wrong += [wrong] if wrong else []
    checked.sealed += not wrong


def _wrong_evidence(name: str, stated: Json, sha256: str | None) -> Iterator[str]:
    text, salt = stated["evidence_text"], stated["evidence_salt"]
    if text is None or salt is None:
        if text is not salt or stated["evidence"] is not None:
            yield f"{name} has evidence without what its digest covers"
        return
    if sha256 not in {None, evidence_digest(bytes.fromhex(salt), text).hex()}:
        yield f"{name} has other evidence than its digest"
    if orjson.loads(text) != stated["evidence"]:
        yield f"{name} shows other evidence than its digest covers"


def _check_record(checked: Checked, text: bytes, record: Json) -> None:
    sha256 = hashlib.sha256(text).hexdigest()
    entry = record["audit_entry"]
    _check_audited(checked, "the record", record)
    if entry["id"] != checked.proof["proof_id"]:
        checked.wrong.append("the record is of another proof")
    elif {record["sha256"], orjson.loads(entry["details"])["sha256"]} != {sha256}:
        checked.wrong.append("the file is not, byte for byte, what was handed out")


def _wrong_policy(proof: Json, policy: Mapping[str, Any] | None) -> Iterator[str]:
    stated = proof["decision"]["policy"] if "decision" in proof else proof["policy"]
    if policy is not None and policies.sha256(policy).hex() != stated["sha256"]:
        yield f"this is not the policy in force then, version {stated['version']}"


def _wrong_chain(seals: Mapping[tuple[str, int], Seal]) -> Iterator[str]:
    """Compare each seal with the one before it, where the proof holds both."""
    for (log, number), seal in sorted(seals.items()):
        before = seals.get((log, number - 1))
        if before is not None and before.digest != seal.previous_digest:
            yield f"seal {number} of the {log} log does not follow the one before it"


def _take_chain(checked: Checked, pages: Sequence[bytes]) -> None:
    for page in pages:
        for values in orjson.loads(page)["items"]:
            seal = read.seal(values, values["controller_id"])
            wrong = read.wrong_seal(seal, values["log"])
            if checked.seals.setdefault((seal.log, seal.number), seal) != seal:
                wrong = f"there are two seals {seal.number} of the {seal.log} log"
            checked.wrong += [wrong] if wrong else []


def _compare_heads(checked: Checked, heads: Sequence[Head]) -> None:
    """Compare noted heads, and follow the chain from each covering seal to one of them."""
    noted = {(head.log, head.number): head.digest for head in heads}
    for place, digest in noted.items():
        if place in checked.seals and checked.seals[place].digest != digest:
            checked.wrong.append(
                f"seal {place[1]} of the {place[0]} log is not the head that was noted"
            )
    checked.anchored = sum(_leads_to_head(checked.seals, noted, *one) for one in checked.covering)


def _leads_to_head(
    seals: Mapping[tuple[str, int], Seal],
    noted: Mapping[tuple[str, int], bytes],
    log: str,
    first: int,
) -> bool:
    last = first
    while (log, last) in seals and (log, last) not in noted:
        last += 1
    return (log, last) in seals


def summary(checked: Checked) -> str:
    """Return in one line what the proof says."""
    proof = checked.proof
    stated = proof.get("decision", proof)
    at = stated["checked_at"] if "decision" in proof else stated["at"]
    verdict = proof["verdict"]
    said = f"permitted on {verdict['basis']}" if verdict["eligible"] else "not permitted"
    reasons = f" ({', '.join(verdict['reasons'])})" if verdict["reasons"] else ""
    moment = datetime.fromisoformat(at).isoformat()
    what = stated["topic"] or stated["purpose"]
    version = stated["policy"]["version"]
    return f"{moment} {what} {stated['channel']}: {said}{reasons}, policy version {version}"
