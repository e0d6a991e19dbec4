"""Shapes of decisions and their proofs on the wire."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.eligibility.asking import MAX_ADDRESSES, MAX_SLUG
from crm_service.eligibility.schemas import Counts
from crm_service.policies.vocabulary import CHANNELS, NO_MESSAGE
from crm_service.seals.schemas import SealShape
from crm_service.web.moments import Moment

_ADDRESSES = ("email", "phone", "contact_id")
_SHA256 = validate.Regexp(r"[0-9a-f]{64}\Z")


def said(description: str, **more: Any) -> dict[str, Any]:
    """Return what the description of the API says of a field."""
    return {"metadata": {"description": description, **more}}


class CoveringSeal(SealShape):
    """The seal that covers an entry, and the entry's path to its root (RFC 6962, 2.1.1)."""

    leaf = fields.Integer(
        required=True, **said("the entry's place among those covered, from 0", example=0)
    )
    path = fields.List(
        fields.String(), required=True, **said("digests from beside the leaf to the root")
    )


class PolicyOfDecision(ma.Schema):
    """The version of the policy that decided."""

    version = fields.Integer(required=True)
    name = fields.String(required=True, metadata={"example": "cantec-ee"})
    sha256 = fields.String(required=True, **said("of the document; GET /v1/policy/versions"))
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
    details = fields.String(required=True, **said("the text as PostgreSQL prints it"))


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
        required=True, **said("of the results as they were sent", example="9f86d081" * 8)
    )
    policy = fields.Nested(PolicyOfDecision, required=True)
    audit_entry = fields.Nested(DigestedAuditEntry, required=True)
    digest = fields.String(required=True, **said("of the audit entry"))
    seal = fields.Nested(
        CoveringSeal,
        required=True,
        allow_none=True,
        **said("null: not sealed yet, ask again in seconds", example=None),
    )


class NewProof(ma.Schema):
    """Whose verdict is to be proved: exactly one address; and what was kept of the answer."""

    email = fields.String(validate=validate.Length(1, 320))
    phone = fields.String(validate=validate.Length(1, 40))
    contact_id = fields.UUID(**said("also of a contact that was erased"))
    answer = fields.Dict(keys=fields.String(), **said("the whole answer of the check, as kept"))
    results = fields.List(
        fields.Dict(keys=fields.String()),
        validate=validate.Length(1, MAX_ADDRESSES),
        **said("the results of the answer, or the lines of a stream, all in their order"),
    )
    results_sha256 = fields.String(
        validate=_SHA256, **said("of a stream too long to send: the digest of the file kept")
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


class NewPermissionProof(ma.Schema):
    """Of whom, for what and at which moment it is to be proved whether it was permitted."""

    email = fields.String(validate=validate.Length(1, 320))
    phone = fields.String(validate=validate.Length(1, 40))
    contact_id = fields.UUID(**said("also of a contact that was erased"))
    topic = fields.String(validate=validate.Length(1, MAX_SLUG), metadata={"example": "news"})
    purpose = fields.String(
        validate=validate.Length(1, MAX_SLUG), **said("a whole purpose of the policy; or topic")
    )
    channel = fields.String(
        validate=validate.OneOf(sorted({*CHANNELS, NO_MESSAGE})),
        **said("email when left out; none for a purpose without messages", example="email"),
    )
    at = Moment(required=True, **said("any past moment", example="2026-03-01T09:15:00Z"))

    @ma.validates_schema
    def exactly_one(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse no address, or several; and no topic or purpose."""
        if len(data.keys() & set(_ADDRESSES)) != 1:
            raise ma.ValidationError("give exactly one of email, phone and contact_id", "email")
        if not data.keys() & {"topic", "purpose"}:
            raise ma.ValidationError("give topic, or purpose for a whole purpose", "topic")


class ProofRecord(ma.Schema):
    """What the sealed audit log has of a proof: the digest of every byte that was handed out."""

    proof_id = fields.UUID(required=True)
    sha256 = fields.String(
        required=True,
        allow_none=True,
        **said("of the body of the answer, as it came", example="9f86d081" * 8),
    )
    audit_entry = fields.Nested(DigestedAuditEntry, required=True)
    digest = fields.String(required=True, **said("of the audit entry"))
    seal = fields.Nested(
        CoveringSeal,
        required=True,
        allow_none=True,
        **said("null: not sealed yet, ask again in seconds", example=None),
    )
