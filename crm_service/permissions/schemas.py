"""Shapes of permissions and ledger entries on the wire."""

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.permissions.evidence import BASES
from crm_service.policies.vocabulary import CHANNELS, NO_MESSAGE
from crm_service.web.booleans import JsonBoolean
from crm_service.web.moments import Moment

STATES = ("granted", "withdrawn", "objected", "pending")
_MAX_TEXT = 2000
_SHA256_HEX = r"[0-9a-f]{64}"


def _text(longest: int = 200, **options: object) -> fields.String:
    return fields.String(validate=validate.Length(1, longest), **options)  # type: ignore[arg-type]


class Wording(ma.Schema):
    """The text that a person agreed to: its version, and its text or digest."""

    # Whether it is there decides the evidence's check, which names it like every other fact.
    version = _text(metadata={"example": "newsletter v3"})
    language = fields.String(validate=validate.Regexp(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"))
    text = _text(20_000)
    sha256 = fields.String(validate=validate.Regexp(f"^{_SHA256_HEX}$"))


class NewWording(Wording):
    """A wording to register; with its text, or with the digest of a text kept elsewhere."""

    version = _text(required=True, metadata={"example": "newsletter v3"})
    text = _text(20_000, metadata={"example": "Yes, send me the newsletter."})

    @ma.validates_schema
    def text_or_digest(self, data: dict[str, object], **_: object) -> None:
        """Refuse a wording that says nothing."""
        if not {"text", "sha256"} & data.keys():
            raise ma.ValidationError("give the text or its SHA-256", "text")


class RegisteredWording(ma.Schema):
    """A wording as it was registered; it never changes."""

    version = fields.String(required=True, metadata={"example": "newsletter v3"})
    language = fields.String(
        required=True, allow_none=True, metadata={"description": "null where none was said"}
    )
    text = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "null where only its digest is known", "example": None},
    )
    sha256 = fields.String(required=True, metadata={"description": "of the text, hexadecimal"})
    registered_at = fields.AwareDateTime(required=True)


class WordingPage(ma.Schema):
    """A page of wordings, the oldest first."""

    items = fields.List(fields.Nested(RegisteredWording), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class DoubleOptIn(ma.Schema):
    """When the confirmation link was sent, and when it was used."""

    requested_at = Moment(required=True)
    confirmed_at = Moment(required=True)


class Evidence(ma.Schema):
    """What proves a legal basis; which fields are needed depends on the basis (rule 17)."""

    occurred_at = Moment(metadata={"example": "2026-03-01T09:15:00Z"})
    method = _text(metadata={"example": "webform /subscribe"})
    source = _text(_MAX_TEXT)
    wording = fields.Nested(Wording)
    double_opt_in = fields.Nested(DoubleOptIn)
    reference = _text()
    assessment = _text(metadata={"example": "LIA-2025-04"})
    sale = _text()
    similar_products = JsonBoolean()
    opt_out_offered = JsonBoolean()
    contract = _text()
    law = _text()
    justification = _text(_MAX_TEXT)


class NewPermission(ma.Schema):
    """One statement about a legal basis: a grant, a request, a withdrawal or an objection."""

    topic = fields.String(
        validate=validate.Length(1, 64),
        metadata={"description": "a topic's slug; or else purpose", "example": "news"},
    )
    purpose = fields.String(
        validate=validate.Length(1, 64),
        metadata={"description": "a purpose of the policy; or else topic"},
    )
    channel = fields.String(
        load_default=None,
        validate=validate.OneOf(sorted({*CHANNELS, NO_MESSAGE})),
        metadata={"description": "email when left out; none for a purpose without messages"},
    )
    basis = fields.String(required=True, validate=validate.OneOf(BASES))
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    evidence = fields.Nested(
        Evidence,
        metadata={"description": "a grant needs it; a withdrawal or objection never does"},
    )
    occurred_at = Moment(
        metadata={"description": "when the person withdrew or objected, if not now"}
    )


class RecordedPermission(ma.Schema):
    """What became of a statement."""

    entry_id = fields.UUID(required=True, allow_none=True)
    outcome = fields.String(required=True, validate=validate.OneOf(["recorded", "unchanged"]))
    action = fields.String(required=True)
    warnings = fields.List(fields.String(), required=True)


class PermissionState(ma.Schema):
    """One permission as it stands, now or at the moment asked for."""

    topic = fields.String(required=True, allow_none=True)
    purpose = fields.String(required=True)
    channel = fields.String(required=True)
    basis = fields.String(required=True)
    state = fields.String(required=True)
    since = fields.AwareDateTime(required=True)
    term_ends_at = fields.AwareDateTime(required=True, allow_none=True)
    in_force = fields.Boolean(
        required=True,
        metadata={"description": "granted, its term running, and no refusal standing against it"},
    )
    address_key = fields.UUID(required=True)
    entry_id = fields.UUID(required=True)


class PermissionStates(ma.Schema):
    """Every permission of a contact at one moment, under the policy that held then."""

    at = fields.AwareDateTime(required=True)
    policy_version = fields.Integer(required=True)
    items = fields.List(fields.Nested(PermissionState), required=True)


class AtQuery(ma.Schema):
    """``?at=``: any past moment; now when left out."""

    at = Moment(load_default=None, metadata={"example": "2026-03-01T00:00:00Z"})


class LedgerEntryShape(ma.Schema):
    """One entry of the ledger with the digest by which it is sealed."""

    id = fields.UUID(required=True)
    position = fields.Integer(required=True)
    recorded_at = fields.AwareDateTime(required=True)
    topic = fields.String(required=True, allow_none=True)
    purpose = fields.String(required=True)
    channel = fields.String(required=True)
    basis = fields.String(required=True)
    action = fields.String(required=True)
    state = fields.String(required=True)
    since = fields.AwareDateTime(required=True)
    source = fields.String(required=True)
    recorded_by = fields.String(required=True)
    policy_version = fields.Integer(required=True)
    correlation = fields.UUID(required=True)
    proof_id = fields.UUID(required=True)
    evidence = fields.Dict(required=True, allow_none=True)
    evidence_sha256 = fields.String(required=True, allow_none=True)
    evidence_erased_at = fields.AwareDateTime(required=True, allow_none=True)
    digest = fields.String(required=True)


class LedgerPage(ma.Schema):
    """A page of ledger entries, oldest first."""

    items = fields.List(fields.Nested(LedgerEntryShape), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
