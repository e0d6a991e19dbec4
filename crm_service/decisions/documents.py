"""A decision and a proof as they are handed out."""

from typing import Any

import orjson

from crm_service.decisions import limits
from crm_service.decisions.findings import Findings, mark
from crm_service.decisions.records import Decision
from crm_service.eligibility.service import Question
from crm_service.permissions.evidence import BASES
from crm_service.permissions.proving import Proved
from crm_service.policies.terms import term_end
from crm_service.seals.inclusion import Inclusion


def decision(found: Decision) -> dict[str, Any]:
    """Return what is recorded of a decision, and how it is sealed."""
    details, counted = found.details, found.entry.counted
    return {
        "decision_id": found.entry.id,
        "checked_at": found.checked_at,
        "topic": details["topic"],
        "purpose": found.entry.purpose,
        "channel": details["channel"],
        "asked_by": found.entry.fields[0],
        "counts": {"eligible": details["eligible"], "ineligible": counted - details["eligible"]},
        "results_sha256": details["results_sha256"],
        "policy": {
            "version": found.policy.version,
            "name": found.policy.name,
            "sha256": found.policy.sha256.hex(),
            "activated_at": found.policy.activated_at,
        },
        "audit_entry": {
            **found.entry._asdict(),
            "fields_": found.entry.fields,
            "count": counted,
        },
        "digest": found.digest.hex(),
        "seal": seal(found.seal),
    }


def seal(inclusion: Inclusion | None) -> dict[str, Any] | None:
    """Return a seal and the path that leads to its root; None where there is none yet."""
    if inclusion is None:
        return None
    covering = inclusion.seal
    return {
        "log": covering.log,
        "number": covering.number,
        "sealed_at": covering.sealed_at,
        "entries": covering.entries,
        "up_to_xid": str(covering.up_to.xid),
        "up_to_position": covering.up_to.position,
        "merkle_root": covering.merkle_root.hex(),
        "previous_digest": covering.previous_digest.hex(),
        "digest": covering.digest.hex(),
        "leaf": inclusion.leaf,
        "path": [digest.hex() for digest in inclusion.path],
    }


def proof(found: Findings) -> dict[str, Any]:
    """Return the proof of one verdict."""
    return {
        "decision": decision(found.decision),
        "address": {
            "kind": found.decision.kind,
            "address_key": found.address.key,
            "subject_ids": found.subject_ids,
        },
        "verdict": found.verdict,
        "verdict_at_end": found.verdict_at_end,
        "terms": _terms(found.question),
        "entries": [_entry(found, entry) for entry in found.entries],
        "suppressions": [vars(block) for block in found.blocks],
        "kept": {
            "digest_matches": found.digest_matches,
            "answered": found.answered,
            "agrees": found.agrees,
        },
        "limits": [limit._asdict() for limit in limits.of(found)],
    }


def _terms(question: Question) -> list[dict[str, Any]]:
    """Return what the policy said of each basis that could carry the message, strongest first."""
    purpose = question.purpose
    rules = [(b, purpose.bases[b]) for b in BASES if purpose.allows(b, question.channel)]
    return [
        {
            "basis": basis,
            "term": rule.term,
            "term_from": rule.term_from,
            "inherits": rule.inherits,
            "timezone": question.policy.timezone,
        }
        for basis, rule in rules
    ]


def _entry(found: Findings, entry: Proved) -> dict[str, Any]:
    row = entry.row
    return {
        **row._asdict(),
        "evidence_sha256": row.evidence_sha256.hex() if row.evidence_sha256 else None,
        "topic": entry.topic,
        "known": entry.known,
        "stood": _stood(found, entry),
        "term_ends_at": _term_ends_at(found.question, entry),
        "evidence": orjson.loads(entry.evidence) if entry.evidence else None,
        "evidence_text": entry.evidence,
        "evidence_salt": entry.salt.hex() if entry.salt else None,
        "evidence_erased_at": entry.erased_at,
        "digest": entry.digest.hex(),
        "seal": seal(found.seals.get(mark(entry))),
    }


def _stood(found: Findings, entry: Proved) -> bool:
    """Tell whether the entry is the last one that was known of its place."""
    place = (entry.row.topic_id, entry.row.basis)
    last = [e for e in found.entries if e.known and (e.row.topic_id, e.row.basis) == place]
    return bool(last) and last[-1] is entry and entry.row.state != "none"


def _term_ends_at(question: Question, entry: Proved) -> Any:
    rule = question.purpose.bases.get(entry.row.basis)
    if rule is None or rule.term is None or entry.row.state != "granted":
        return None
    anchor = entry.row.since if rule.term_from == "since" else entry.row.anchor_at
    return term_end(anchor, rule.term, question.policy.timezone)
