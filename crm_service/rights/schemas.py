"""Shapes of rights requests over HTTP; unknown fields are refused."""

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, OneOf, Regexp

from crm_service.contacts.schemas import ContactChange
from crm_service.policies.rights import KINDS, QUESTIONS
from crm_service.rights.deciding import OUTCOMES
from crm_service.rights.intake import CAME_BY
from crm_service.rights.states import STATUSES
from crm_service.web.moments import PastMoment
from crm_service.web.paging import PageQuery

_MAX_TEXT = 10_000
_SLUG = Regexp("^[a-z0-9][a-z0-9_-]{0,62}$", error="must be a slug")
_LANGUAGE = Regexp("^[a-z]{2}(-[A-Z]{2})?$", error="must be a code such as et or pt-BR (BCP 47)")


def _words(**options: Any) -> ma.fields.String:
    return ma.fields.String(validate=[Length(1, _MAX_TEXT), Regexp(r"(?s).*\S")], **options)


class NewRightsRequest(ma.Schema):
    """What a person asks: exactly one of ``email`` and ``contact_id`` says who."""

    kind = ma.fields.String(required=True, validate=OneOf(KINDS), metadata={"example": "access"})
    email = ma.fields.String(validate=Length(1, 320), metadata={"format": "email"})
    contact_id = ma.fields.UUID()
    received_at = PastMoment(
        metadata={"description": "when it came in: the clock starts then; now when left out"}
    )
    received_by = ma.fields.String(
        required=True, validate=OneOf(CAME_BY), metadata={"example": "email"}
    )
    ground = ma.fields.String(
        validate=Length(1, 64), metadata={"description": "what the request rests on"}
    )
    purpose = ma.fields.String(
        validate=_SLUG,
        metadata={"description": "narrows an objection or a withdrawal; else all marketing"},
    )
    topic = ma.fields.String(validate=_SLUG, metadata={"description": "likewise"})
    details = _words(metadata={"description": "what the person wrote", "example": "my data"})
    language = ma.fields.String(validate=_LANGUAGE)

    @ma.validates_schema
    def _check_who(self, data: dict[str, Any], **_: Any) -> None:
        if ("email" in data) == ("contact_id" in data):
            raise ma.ValidationError("give either email or contact_id", "email")
        if "purpose" in data and "topic" in data:
            raise ma.ValidationError("give either purpose or topic", "topic")


class RightsRequestShape(ma.Schema):
    """A request as it stands; what named the person is null once that person is erased."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=OneOf(KINDS))
    status = ma.fields.String(
        required=True, validate=OneOf(STATUSES), metadata={"example": "received"}
    )
    subject_id = ma.fields.UUID(
        required=True, metadata={"description": "the contact's id, if there is a contact"}
    )
    email = ma.fields.String(required=True, allow_none=True)
    language = ma.fields.String(required=True)
    purpose = ma.fields.String(required=True, allow_none=True)
    topic = ma.fields.String(required=True, allow_none=True)
    ground = ma.fields.String(
        required=True, allow_none=True, metadata={"example": "no_longer_needed"}
    )
    details = ma.fields.String(required=True, allow_none=True)
    received_at = ma.fields.AwareDateTime(required=True)
    received_by = ma.fields.String(required=True, metadata={"example": "email"})
    policy_version = ma.fields.Integer(required=True)
    due_on = ma.fields.Date(
        required=True,
        metadata={"description": "the day that is aimed at", "example": "2026-11-12"},
    )
    legal_end_on = ma.fields.Date(
        required=True,
        metadata={"description": "the last day that is in time", "example": "2026-11-12"},
    )
    overdue = ma.fields.Boolean(required=True, metadata={"example": False})
    clock_stopped_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"example": None}
    )
    asked_about = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    question = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    identified_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"example": None}
    )
    identified_by = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    extended_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"example": None}
    )
    extension_reasons = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    fee_amount = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    fee_currency = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    fee_reasons = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    fee_asked_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"example": None}
    )
    fee_outcome = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "paid, waived; null: still owed, or none asked", "example": None},
    )
    fee_settled_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"example": None}
    )
    decided_at = ma.fields.AwareDateTime(required=True, allow_none=True, metadata={"example": None})
    outcome = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    refusal_ground = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    reasons = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    executed = ma.fields.Dict(
        keys=ma.fields.String(),
        required=True,
        metadata={"description": "what was done, in numbers", "example": {}},
    )
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True, metadata={"example": None})


_LETTER = {
    "language": "en",
    "subject": "Your request to erase your data",
    "text": "Example OÜ\n\nWe have done what you asked for.",
}


class LetterShape(ma.Schema):
    """The decision in words for the person."""

    language = ma.fields.String(required=True)
    subject = ma.fields.String(required=True)
    text = ma.fields.String(required=True)


class DecidedShape(RightsRequestShape):
    """A request with its letter, once it is decided."""

    letter = ma.fields.Nested(
        LetterShape, required=True, allow_none=True, metadata={"example": _LETTER}
    )


class DecidedRightsRequest(DecidedShape):
    """A decided request, its letter, and where that goes.

    Told this once: of a person who was erased neither is kept.
    """

    answer_to = ma.fields.String(
        required=True, allow_none=True, metadata={"example": "mari@example.com"}
    )


class RightsRequestPage(ma.Schema):
    """A page of requests, the next one due first."""

    items = ma.fields.List(ma.fields.Nested(RightsRequestShape), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class RightsRequestQuery(PageQuery):
    """Which requests to list."""

    status = ma.fields.String(validate=OneOf(STATUSES))
    kind = ma.fields.String(validate=OneOf(KINDS))
    contact_id = ma.fields.UUID()
    overdue = ma.fields.Boolean(metadata={"description": "open, and the last day in time is over"})
    due_soon = ma.fields.Boolean(
        metadata={"description": "open, not overdue, and aimed at within three days"}
    )


class Identity(ma.Schema):
    """How it is established who asks."""

    method = ma.fields.String(
        required=True,
        validate=OneOf(["attestation", "link"]),
        metadata={
            "description": "attestation: your word for it; link: send a one-time link",
            "example": "attestation",
        },
    )
    note = ma.fields.String(
        validate=Length(1, 1000), metadata={"description": "what was seen or compared"}
    )


class Question(ma.Schema):
    """What the person is asked."""

    about = ma.fields.String(
        required=True, validate=OneOf(QUESTIONS), metadata={"example": "identity"}
    )
    question = _words(required=True, metadata={"example": "Which order was it?"})


class Reasons(ma.Schema):
    """Why, in words for the person."""

    reasons = _words(required=True, metadata={"example": "the archive is searched by hand"})


class Correction(ContactChange):
    """The contact's fields as they are to be; the source is the person who asked."""

    class Meta:
        """Without the source that a change otherwise names."""

        exclude = ("source", "necessary_for")


class NewDecision(ma.Schema):
    """How a request is decided."""

    outcome = ma.fields.String(
        required=True, validate=OneOf(OUTCOMES), metadata={"example": "refused"}
    )
    ground = ma.fields.String(
        validate=Length(1, 64),
        metadata={"description": "one of the policy's", "example": "law_enforcement"},
    )
    reasons = _words(metadata={"description": "told to the person; write no names"})
    changes = ma.fields.Nested(
        Correction,
        metadata={
            "description": "for a rectification: the corrected fields",
            "example": {"city": "Tartu"},
        },
    )
