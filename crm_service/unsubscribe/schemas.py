"""Shapes of unsubscribe links over HTTP."""

import marshmallow as ma

from crm_service.unsubscribe.reasons import REASONS

MAX_ADDRESS = 320
MAX_CAMPAIGN = 200
_TOKEN = "aeaqaaaa" * 9


class ReasonQuery(ma.Schema):
    """Which days count."""

    since = ma.fields.Date(
        load_default=None, metadata={"description": "the first day", "example": "2026-11-01"}
    )
    until = ma.fields.Date(
        load_default=None,
        metadata={"description": "the day after the last", "example": "2026-12-01"},
    )


class ReasonCount(ma.Schema):
    """How often one reason was given for leaving one topic."""

    topic = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "null: all marketing was left", "example": "news"},
    )
    reason = ma.fields.String(
        required=True, validate=ma.validate.OneOf(REASONS), metadata={"example": "too_many"}
    )
    answers = ma.fields.Integer(required=True, metadata={"example": 12})


class ReasonCounts(ma.Schema):
    """Every reason that was given, most often first."""

    items = ma.fields.List(ma.fields.Nested(ReasonCount), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class NewUnsubscribeLink(ma.Schema):
    """What a link is made from."""

    email = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, MAX_ADDRESS),
        metadata={"description": "who leaves; no contact is needed", "example": "ada@example.com"},
    )
    topic = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 63),
        metadata={"description": "slug of the topic that is left", "example": "news"},
    )
    campaign = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, MAX_CAMPAIGN),
        metadata={
            "description": "the sending that `contact.unsubscribed.v1` will name",
            "example": "spring-offer",
        },
    )


class UnsubscribeLink(ma.Schema):
    """A link, and the two headers that let a mailbox provider show its own button."""

    url = ma.fields.String(
        required=True,
        metadata={"description": "never expires", "example": f"https://crm.example.com/u/{_TOKEN}"},
    )
    headers = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        required=True,
        metadata={
            "description": "for the message, as they stand; its DKIM signature must cover both "
            "(RFC 8058 section 4)",
            "example": {
                "List-Unsubscribe": f"<https://crm.example.com/u/{_TOKEN}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        },
    )
