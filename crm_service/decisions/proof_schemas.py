"""Shapes of proofs on the wire: the verdict on one address, and everything that it rests on."""

import marshmallow as ma
from marshmallow import fields

from crm_service.decisions.schemas import (
    CoveringSeal,
    DecisionRecord,
    DigestedAuditEntry,
    PolicyOfDecision,
    said,
)


class ProvedAddress(ma.Schema):
    """The address by its key, and the subjects that bore it."""

    kind = fields.String(required=True)
    address_key = fields.UUID(required=True)
    subject_ids = fields.List(fields.UUID(), required=True)


class ToldBlock(ma.Schema):
    """Why an address was suppressed, spelled as the check spelled it."""

    scope = fields.String(required=True, metadata={"example": "marketing"})
    reason = fields.String(required=True)
    ends_at = fields.String(**said("when a pause is over", format="date-time"))


class Verdict(ma.Schema):
    """The verdict, reached again over what was there then."""

    eligible = fields.Boolean(required=True)
    reasons = fields.List(fields.String(), required=True, metadata={"example": []})
    basis = fields.String()
    suppressions = fields.List(fields.Nested(ToldBlock), metadata={"example": []})


class Term(ma.Schema):
    """What the policy said of a basis."""

    basis = fields.String(required=True)
    term = fields.String(required=True, allow_none=True, metadata={"example": "P5Y"})
    term_from = fields.String(required=True, metadata={"example": "added_at"})
    inherits = fields.Boolean(required=True)
    timezone = fields.String(required=True, metadata={"example": "Europe/Tallinn"})


class ProvedEntry(ma.Schema):
    """A ledger entry: every value that its digest covers, its evidence, and its seal."""

    position = fields.Integer(required=True)
    recorded_at = fields.AwareDateTime(required=True)
    xid = fields.String(required=True, metadata={"example": "80112"})
    controller_id = fields.UUID(required=True)
    id = fields.UUID(required=True)
    subject_id = fields.UUID(required=True)
    address_key = fields.UUID(required=True)
    channel = fields.String(required=True)
    purpose = fields.String(required=True)
    topic_id = fields.UUID(required=True, allow_none=True)
    basis = fields.String(required=True)
    action = fields.String(required=True)
    state = fields.String(required=True)
    since = fields.AwareDateTime(required=True, **said("when it happened"))
    anchor_at = fields.AwareDateTime(required=True, **said("what a term may be counted from"))
    source = fields.String(required=True)
    recorded_by = fields.String(required=True)
    policy_version = fields.Integer(required=True)
    correlation = fields.UUID(required=True)
    proof_id = fields.UUID(required=True, **said("the entry whose evidence proves this one"))
    evidence_sha256 = fields.String(required=True, allow_none=True)
    topic = fields.String(required=True, allow_none=True)
    known = fields.Boolean(required=True, **said("false for what was recorded since"))
    stood = fields.Boolean(required=True, **said("what the verdict rests on"))
    term_ends_at = fields.AwareDateTime(required=True, allow_none=True)
    evidence = fields.Dict(required=True, allow_none=True)
    evidence_text = fields.String(
        required=True, allow_none=True, **said("what the digest covers behind the salt")
    )
    evidence_salt = fields.String(required=True, allow_none=True)
    evidence_erased_at = fields.AwareDateTime(required=True, allow_none=True)
    digest = fields.String(required=True)
    seal = fields.Nested(CoveringSeal, required=True, allow_none=True, metadata={"example": None})


class PastSuppression(ma.Schema):
    """A block on the address or its domain, whether it stood then, and what became of it."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    scope = fields.String(required=True, metadata={"example": "marketing"})
    topic = fields.String(required=True, allow_none=True, metadata={"example": None})
    reason = fields.String(required=True)
    source = fields.String(required=True)
    suppressed_at = fields.AwareDateTime(required=True, **said("the date that it bears"))
    recorded_at = fields.AwareDateTime(
        required=True, allow_none=True, **said("when it came into the list; null: not known")
    )
    ends_at = fields.AwareDateTime(required=True, allow_none=True)
    lifted_at = fields.AwareDateTime(required=True, allow_none=True)
    lifted_by = fields.String(required=True, allow_none=True)
    lift_recorded_at = fields.AwareDateTime(
        required=True, allow_none=True, **said("when that came into the list; null: not known")
    )
    correlation = fields.UUID(
        required=True, **said("shared with the ledger entries of the same click")
    )
    stood = fields.Boolean(required=True)


class PastRestriction(ma.Schema):
    """A restriction of the processing (GDPR Art. 18), or its end, as the audit log has it."""

    restricted = fields.Boolean(required=True, **said("false: it was lifted"))
    known = fields.Boolean(required=True, **said("false for what was recorded since"))
    audit_entry = fields.Nested(DigestedAuditEntry, required=True)
    digest = fields.String(required=True, **said("of the audit entry"))
    seal = fields.Nested(CoveringSeal, required=True, allow_none=True, metadata={"example": None})


class KeptAnswer(ma.Schema):
    """How the answer that the caller kept compares."""

    digest_matches = fields.Boolean(
        required=True,
        allow_none=True,
        **said("null: nothing was given, or not all of it", example=True),
    )
    answered = fields.Dict(required=True, allow_none=True, metadata={"example": None})
    agrees = fields.Boolean(
        required=True, allow_none=True, **said("it says of the address what is reached again")
    )


class Limit(ma.Schema):
    """Something that this does not prove."""

    code = fields.String(required=True, metadata={"example": "suppressions_not_sealed"})
    detail = fields.String(required=True, metadata={"example": "when a suppression came and went…"})


class _Ground(ma.Schema):
    """A verdict on one address, and everything that it rests on."""

    proof_id = fields.UUID(
        required=True, **said("GET /v1/proof-records/{proof_id}: what is on record of this proof")
    )
    address = fields.Nested(ProvedAddress, required=True)
    verdict = fields.Nested(Verdict, required=True)
    terms = fields.List(fields.Nested(Term), required=True)
    entries = fields.List(fields.Nested(ProvedEntry), required=True)
    suppressions = fields.List(fields.Nested(PastSuppression), required=True)
    restrictions = fields.List(fields.Nested(PastRestriction), required=True)
    limits = fields.List(fields.Nested(Limit), required=True)


class VerdictProof(_Ground):
    """One verdict of a decision, and everything that it rests on."""

    decision = fields.Nested(DecisionRecord, required=True)
    verdict_at_end = fields.Nested(
        Verdict,
        required=True,
        allow_none=True,
        **said("where something was recorded while the decision was made: with that", example=None),
    )
    kept = fields.Nested(KeptAnswer, required=True)


class PolicyInForce(PolicyOfDecision):
    """The version of the policy that was in force at the moment."""

    replaced_at = fields.AwareDateTime(
        required=True, allow_none=True, **said("null: it is in force still", example=None)
    )


class PermissionProof(_Ground):
    """Whether it was permitted at a moment, and everything that this rests on."""

    proved_at = fields.AwareDateTime(required=True)
    at = fields.AwareDateTime(required=True)
    purpose = fields.String(required=True)
    topic = fields.String(required=True, allow_none=True)
    channel = fields.String(required=True)
    policy = fields.Nested(PolicyInForce, required=True)
    verdict_by_facts = fields.Nested(
        Verdict,
        required=True,
        allow_none=True,
        **said(
            "where something was recorded later than it happened: with that, as it is known today",
            example=None,
        ),
    )
