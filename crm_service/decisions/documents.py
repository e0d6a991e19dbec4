"""A decision and a proof as they are handed out."""

import uuid
from typing import Any

import orjson

from crm_service.audit.digest import AuditRow, audit_digest
from crm_service.decisions import limits
from crm_service.decisions.findings import Findings, OfDecision, OfMoment, mark
from crm_service.decisions.lives import RESTRICT
from crm_service.decisions.records import Decision
from crm_service.eligibility.service import Question
from crm_service.permissions.evidence import BASES
from crm_service.permissions.proving import Proved
from crm_service.policies.service import Activation
from crm_service.policies.terms import term_end
from crm_service.seals.inclusion import Inclusion
from crm_service.seals.sealed_values import stated


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
        "policy": _policy(found.policy),
        "audit_entry": audit_entry(found.entry),
        "digest": found.digest.hex(),
        "seal": seal(found.seal),
    }


def _policy(version: Activation) -> dict[str, Any]:
    return {
        "version": version.version,
        "name": version.name,
        "sha256": version.sha256.hex(),
        "activated_at": version.activated_at,
    }


def audit_entry(row: AuditRow) -> dict[str, Any]:
    """Return every value that the digest of an audit entry covers."""
    return {**row._asdict(), "fields_": row.fields, "count": row.counted}


def seal(inclusion: Inclusion | None) -> dict[str, Any] | None:
    """Return a seal and the path that leads to its root; None where there is none yet."""
    if inclusion is None:
        return None
    return {
        **stated(inclusion.seal),
        "leaf": inclusion.leaf,
        "path": [digest.hex() for digest in inclusion.path],
    }


def proof(found: OfDecision, proof_id: uuid.UUID) -> dict[str, Any]:
    """Return the proof of one verdict of a decision."""
    return {
        "proof_id": proof_id,
        "decision": decision(found.decision),
        **_ground(found),
        "verdict_at_end": found.verdict_at_end,
        "kept": {
            "digest_matches": found.digest_matches,
            "answered": found.answered,
            "agrees": found.agrees,
        },
        "limits": [limit._asdict() for limit in limits.of_decision(found)],
    }


def moment(found: OfMoment) -> dict[str, Any]:
    """Return the proof of what was permitted at a moment."""
    question = found.question
    return {
        "proof_id": found.proof_id,
        "proved_at": found.proved_at,
        "at": question.now,
        "purpose": question.purpose.slug,
        "topic": question.topic or None,
        "channel": question.channel,
        "policy": {**_policy(found.activation), "replaced_at": found.replaced_at},
        **_ground(found),
        "verdict_by_facts": found.verdict_by_facts,
        "limits": [limit._asdict() for limit in limits.of_moment(found)],
    }


def _ground(found: Findings) -> dict[str, Any]:
    """Return the verdict on one address, and what it rests on."""
    known = found.known()
    last = {entry.place: entry for entry in known}
    standing = [entry for entry in last.values() if entry.row.state != "none"]
    return {
        "address": {
            "kind": found.address.kind,
            "address_key": found.address.key,
            "subject_ids": found.subject_ids,
        },
        "verdict": found.verdict,
        "terms": _terms(found.question),
        "entries": [
            _entry(found, entry, known=entry in known, stood=entry in standing)
            for entry in found.entries
        ],
        "suppressions": _suppressions(found),
        "restrictions": [_restriction(found, row) for row in found.restrictions],
    }


def _terms(question: Question) -> list[dict[str, Any]]:
    """Return what the policy said of each basis that could carry the message, strongest first."""
    purpose = question.policy.purposes.get(question.purpose.slug) or question.purpose
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


def _suppressions(found: Findings) -> list[dict[str, Any]]:
    standing = found.standing()
    return [{**vars(block), "stood": block in standing} for block in found.blocks]


def _restriction(found: Findings, row: AuditRow) -> dict[str, Any]:
    return {
        "restricted": row.action == RESTRICT,
        "known": found.view.sees(int(row.xid), row.recorded_at),
        "audit_entry": audit_entry(row),
        "digest": audit_digest(row).hex(),
        "seal": seal(found.audit_seals.get(mark(row))),
    }


def _entry(found: Findings, entry: Proved, *, known: bool, stood: bool) -> dict[str, Any]:
    row = entry.row
    return {
        **row._asdict(),
        "evidence_sha256": row.evidence_sha256.hex() if row.evidence_sha256 else None,
        "topic": entry.topic,
        "known": known,
        "stood": stood,
        "term_ends_at": _term_ends_at(found.question, entry),
        "evidence": orjson.loads(entry.evidence) if entry.evidence else None,
        "evidence_text": entry.evidence,
        "evidence_salt": entry.salt.hex() if entry.salt else None,
        "evidence_erased_at": entry.erased_at,
        "digest": entry.digest.hex(),
        "seal": seal(found.seals.get(mark(row))),
    }


def _term_ends_at(question: Question, entry: Proved) -> Any:
    rule = question.purpose.bases.get(entry.row.basis)
    if rule is None or rule.term is None or entry.row.state != "granted":
        return None
    anchor = entry.row.since if rule.term_from == "since" else entry.row.anchor_at
    return term_end(anchor, rule.term, question.policy.timezone)


def record(row: AuditRow, inclusion: Inclusion | None) -> dict[str, Any]:
    """Return what the audit log has of a proof that was handed out, and how it is sealed."""
    return {
        "proof_id": row.id,
        "sha256": orjson.loads(row.details).get("sha256"),
        "audit_entry": audit_entry(row),
        "digest": audit_digest(row).hex(),
        "seal": seal(inclusion),
    }
