"""Shapes of unsubscribe links over HTTP."""

import marshmallow as ma

MAX_ADDRESS = 320
MAX_CAMPAIGN = 200
_TOKEN = "aeaqaaaa" * 9


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
