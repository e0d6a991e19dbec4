"""The shape of an erasure's certificate over HTTP."""

import marshmallow as ma

from crm_service.notices.schemas import NoticeShape
from crm_service.rights.schemas import LetterShape

_CERTIFICATE = {
    "request_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "controller": "Example OÜ",
    "policy": {"name": "example", "version": 3},
    "received_at": "2026-11-03T09:15:00Z",
    "identified_by": "attestation",
    "decided_at": "2026-11-05T08:00:00Z",
    "outcome": "granted",
    "ground": {
        "code": "consent_withdrawn",
        "article": "17(1)(b)",
        "checked": "ledger_holds_no_basis_in_force",
    },
    "erased": [{"category": "contact", "rows": 1}],
    "kept": [
        {
            "what": "suppressions",
            "count": 1,
            "why": "compared_with_so_that_nothing_is_sent",
            "article": "21(3), 17(3)(b)",
        }
    ],
    "recipients": ["mailhouse"],
}


_LETTER = {
    "language": "en",
    "subject": "Your request to erase your data",
    "text": "Example OÜ\n\nWe have done what you asked for.",
}


class Seal(ma.Schema):
    """The seal that vouches for the audit entry; `crm-service ledger verify` proves the seal."""

    number = ma.fields.Integer(required=True)
    digest = ma.fields.String(required=True, metadata={"example": "9f86d081884c7d65"})
    sealed_at = ma.fields.AwareDateTime(required=True)


class Proof(ma.Schema):
    """By what the certificate is proved."""

    sha256 = ma.fields.String(
        required=True,
        metadata={
            "description": 'of `["crm-service/erasure-certificate/1", certificate]` as canonical '
            "JSON (RFC 8785)",
            "example": "9f86d081884c7d65",
        },
    )
    holds = ma.fields.Boolean(
        required=True, metadata={"description": "the audit entry has this digest"}
    )
    audit_entry = ma.fields.UUID(required=True)
    seal = ma.fields.Nested(
        Seal,
        required=True,
        allow_none=True,
        metadata={
            "description": "null for some seconds, until the worker has sealed the entry",
            "example": None,
        },
    )


class ErasureCertificate(ma.Schema):
    """What was erased and what stays, its proof, and how far recipients have come."""

    certificate = ma.fields.Dict(
        keys=ma.fields.String(), required=True, metadata={"example": _CERTIFICATE}
    )
    proof = ma.fields.Nested(Proof, required=True)
    recipients = ma.fields.List(ma.fields.Nested(NoticeShape), required=True)
    confirmed = ma.fields.Boolean(
        required=True,
        metadata={"description": "every recipient has confirmed, or need not be told"},
    )
    backups = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(["erased_again_after_a_restore", "no_journal"]),
    )
    letter = ma.fields.Nested(LetterShape, required=True, metadata={"example": _LETTER})
