"""Shapes of decisions and their proofs on the wire."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.eligibility.asking import MAX_ADDRESSES
from crm_service.eligibility.schemas import Counts, StandingBlock

_ADDRESSES = ("email", "phone", "contact_id")
_SHA256 = validate.Regexp(r"[0-9a-f]{64}\Z")


def _said(description: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": description, **more}}


class CoveringSeal(ma.Schema):
    """The seal that covers an entry, and the entry's path to its root (RFC 6962, 2.1.1)."""

    log = fields.String(required=True, metadata={"example": "ledger"})
    number = fields.Integer(required=True)
    sealed_at = fields.AwareDateTime(required=True)
    entries = fields.Integer(required=True, **_said("how many entries it covers"))
    up_to_xid = fields.String(required=True, metadata={"example": "81240"})
    up_to_position = fields.Integer(required=True)
    merkle_root = fields.String(required=True)
    previous_digest = fields.String(required=True)
    digest = fields.String(required=True)
    leaf = fields.Integer(
        required=True, **_said("the entry's place among those covered, from 0", example=0)
    )
    path = fields.List(
        fields.String(), required=True, **_said("digests from beside the leaf to the root")
    )


class PolicyOfDecision(ma.Schema):
    """The version of the policy that decided."""

    version = fields.Integer(required=True)
    name = fields.String(required=True, metadata={"example": "cantec-ee"})
    sha256 = fields.String(required=True, **_said("of the document; GET /v1/policy/versions"))
    activated_at = fields.AwareDateTime(required=True)


class DigestedAuditEntry(ma.Schema):
    """Every value that the digest of an audit entry covers, in that order."""

    position = fields.Integer(required=True)
    recorded_at = fields.AwareDateTime(required=True)
    xid = fields.String(required=True, metadata={"example": "81237"})
    controller_id = fields.UUID(required=True)
    id = fields.UUID(required=True)
    actor = fields.String(required=True)
    action = fields.String(required=True, metadata={"example": "eligibility.check"})
    purpose = fields.String(required=True, allow_none=True)
    subject_id = fields.UUID(required=True, allow_none=True, metadata={"example": None})
    fields_ = fields.List(
        fields.String(), required=True, data_key="fields", metadata={"example": ["email"]}
    )
    count = fields.Integer(required=True)
    details = fields.String(required=True, **_said("the text as PostgreSQL prints it"))


class DecisionRecord(ma.Schema):
    """What is recorded of a decision."""

    decision_id = fields.UUID(required=True)
    checked_at = fields.AwareDateTime(required=True)
    topic = fields.String(required=True)
    purpose = fields.String(required=True)
    channel = fields.String(required=True)
    asked_by = fields.String(required=True, metadata={"example": "email"})
    counts = fields.Nested(Counts, required=True)
    results_sha256 = fields.String(
        required=True, **_said("of the results as they were sent", example="9f86d081" * 8)
    )
    policy = fields.Nested(PolicyOfDecision, required=True)
    audit_entry = fields.Nested(DigestedAuditEntry, required=True)
    digest = fields.String(required=True, **_said("of the audit entry"))
    seal = fields.Nested(
        CoveringSeal,
        required=True,
        allow_none=True,
        **_said("null: not sealed yet, ask again in seconds", example=None),
    )


class NewProof(ma.Schema):
    """Whose verdict is to be proved: exactly one address; and what was kept of the answer."""

    email = fields.String(validate=validate.Length(1, 320))
    phone = fields.String(validate=validate.Length(1, 40))
    contact_id = fields.UUID(**_said("also of a contact that was erased"))
    answer = fields.Dict(keys=fields.String(), **_said("the whole answer of the check, as kept"))
    results = fields.List(
        fields.Dict(keys=fields.String()),
        validate=validate.Length(1, MAX_ADDRESSES),
        **_said("the results of the answer, or the lines of a stream, all in their order"),
    )
    results_sha256 = fields.String(
        validate=_SHA256, **_said("of a stream too long to send: the digest of the file kept")
    )

    @ma.validates_schema
    def exactly_one(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse no address, or several; and more than one copy of the answer."""
        if len(data.keys() & set(_ADDRESSES)) != 1:
            raise ma.ValidationError("give exactly one of email, phone and contact_id", "email")
        if len(data.keys() & {"answer", "results", "results_sha256"}) > 1:
            raise ma.ValidationError(
                "give one of answer, results and results_sha256, or none", "answer"
            )


class ProvedAddress(ma.Schema):
    """The address by its key, and the subjects that bore it."""

    kind = fields.String(required=True)
    address_key = fields.UUID(required=True)
    subject_ids = fields.List(fields.UUID(), required=True)


class Verdict(ma.Schema):
    """The verdict, reached again over what was there then."""

    eligible = fields.Boolean(required=True)
    reasons = fields.List(fields.String(), required=True, metadata={"example": []})
    basis = fields.String()
    suppressions = fields.List(fields.Nested(StandingBlock), metadata={"example": []})


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
    since = fields.AwareDateTime(required=True, **_said("when it happened"))
    anchor_at = fields.AwareDateTime(required=True, **_said("what a term may be counted from"))
    source = fields.String(required=True)
    recorded_by = fields.String(required=True)
    policy_version = fields.Integer(required=True)
    correlation = fields.UUID(required=True)
    proof_id = fields.UUID(required=True, **_said("the entry whose evidence proves this one"))
    evidence_sha256 = fields.String(required=True, allow_none=True)
    topic = fields.String(required=True, allow_none=True)
    known = fields.Boolean(
        required=True, **_said("the decision saw it; false for what was recorded since")
    )
    stood = fields.Boolean(required=True, **_said("what the verdict rests on"))
    term_ends_at = fields.AwareDateTime(required=True, allow_none=True)
    evidence = fields.Dict(required=True, allow_none=True)
    evidence_text = fields.String(
        required=True, allow_none=True, **_said("what the digest covers behind the salt")
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
    suppressed_at = fields.AwareDateTime(required=True, **_said("the date that it bears"))
    recorded_at = fields.AwareDateTime(
        required=True, allow_none=True, **_said("when it came into the list; null: not known")
    )
    ends_at = fields.AwareDateTime(required=True, allow_none=True)
    lifted_at = fields.AwareDateTime(required=True, allow_none=True)
    lifted_by = fields.String(required=True, allow_none=True)
    stood = fields.Boolean(required=True)


class KeptAnswer(ma.Schema):
    """How the answer that the caller kept compares."""

    digest_matches = fields.Boolean(
        required=True,
        allow_none=True,
        **_said("null: nothing was given, or not all of it", example=True),
    )
    answered = fields.Dict(required=True, allow_none=True, metadata={"example": None})
    agrees = fields.Boolean(
        required=True, allow_none=True, **_said("it says of the address what is reached again")
    )


class Limit(ma.Schema):
    """Something that this does not prove."""

    code = fields.String(required=True, metadata={"example": "suppressions_not_sealed"})
    detail = fields.String(required=True, metadata={"example": "when a suppression came and went…"})


class VerdictProof(ma.Schema):
    """One verdict, and everything that it rests on."""

    decision = fields.Nested(DecisionRecord, required=True)
    address = fields.Nested(ProvedAddress, required=True)
    verdict = fields.Nested(Verdict, required=True)
    verdict_at_end = fields.Nested(
        Verdict,
        required=True,
        allow_none=True,
        **_said(
            "where something was recorded while the decision was made: with that", example=None
        ),
    )
    terms = fields.List(fields.Nested(Term), required=True)
    entries = fields.List(fields.Nested(ProvedEntry), required=True)
    suppressions = fields.List(fields.Nested(PastSuppression), required=True)
    kept = fields.Nested(KeptAnswer, required=True)
    limits = fields.List(fields.Nested(Limit), required=True)
