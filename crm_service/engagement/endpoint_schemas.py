"""Shapes of webhook endpoints over HTTP."""

import marshmallow as ma

from crm_service.engagement.providers import PROVIDERS
from crm_service.web.moments import Moment
from crm_service.web.paging import PageQuery

_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
_SECRET = ma.validate.Length(1, 1000)
_SETTINGS = {
    "topic_arn": "arn:aws:sns:eu-north-1:123456789012:ses-events",
}
_MEANING = (
    "what the provider needs: `topic_arn` (ses: pinned), `auto_confirm` and `signature_version` "
    "(ses), `username` and `header` (postmark, sparkpost, brevo), `url` (mandrill: the URL it was "
    "told, if another), `max_age_seconds` (ses, sendgrid, mailgun), `topics` (ses, sendgrid, "
    "postmark, brevo: the provider's list, group or stream, and the topic's slug)"
)


class NewEndpoint(ma.Schema):
    """What an endpoint is made from."""

    provider = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(list(PROVIDERS)),
        metadata={"example": "ses"},
    )
    name = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "what it is for", "example": "newsletter account"},
    )
    settings = ma.fields.Dict(
        keys=ma.fields.String(),
        load_default=dict,
        metadata={"description": _MEANING, "example": _SETTINGS},
    )
    secret = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=_SECRET,
        metadata={
            "description": "what the provider signs with or shows; made here for postmark, "
            "sparkpost and brevo if none is sent; ses has none",
            "example": None,
        },
    )


class NewSecret(ma.Schema):
    """A further secret, for a change without a gap."""

    secret = ma.fields.String(
        load_default=None, allow_none=True, validate=_SECRET, metadata={"example": None}
    )
    expires_at = Moment(load_default=None, allow_none=True, metadata={"example": None})
    previous_expire_at = Moment(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "when the secrets before it end; they stay valid if this is not sent",
            "example": "2026-12-01T00:00:00Z",
        },
    )


class Secret(ma.Schema):
    """A secret as it is listed: never itself."""

    id = ma.fields.UUID(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True, allow_none=True, metadata={"example": None})


class MadeSecret(Secret):
    """A new secret; its text, if it was made here, is shown this once."""

    secret = ma.fields.String(required=True, allow_none=True, metadata={"example": "5f0c" * 16})


class Subscription(ma.Schema):
    """How far a subscription of SNS is."""

    requested_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    confirmed_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"example": None}
    )


class Endpoint(ma.Schema):
    """An endpoint as it is listed: never its secrets."""

    id = ma.fields.UUID(required=True)
    provider = ma.fields.String(required=True, metadata={"example": "ses"})
    name = ma.fields.String(required=True, metadata={"example": "newsletter account"})
    url = ma.fields.String(
        required=True,
        metadata={
            "description": "what the provider is told to send to",
            "example": f"https://crm.example.com/v1/webhooks/ses/{_ID}",
        },
    )
    settings = ma.fields.Dict(
        keys=ma.fields.String(), required=True, metadata={"example": _SETTINGS}
    )
    secrets = ma.fields.List(ma.fields.Nested(Secret), required=True)
    subscription = ma.fields.Nested(Subscription, required=True)
    created_at = ma.fields.AwareDateTime(required=True)


class MadeEndpoint(Endpoint):
    """A new endpoint; its secret, if it was made here, is shown this once."""

    secret = ma.fields.String(required=True, allow_none=True, metadata={"example": None})


class EndpointPage(ma.Schema):
    """A page of endpoints."""

    items = ma.fields.List(ma.fields.Nested(Endpoint), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class EndpointQuery(PageQuery):
    """Paging of endpoints."""


class NotKept(ma.Schema):
    """An event of a delivery that was not stored."""

    index = ma.fields.Integer(required=True, metadata={"description": "from 0", "example": 17})
    code = ma.fields.String(required=True, metadata={"example": "no_recipient"})
    detail = ma.fields.String(
        required=True, metadata={"example": "this event is about no recipient"}
    )


class Taken(ma.Schema):
    """What became of a delivery."""

    accepted = ma.fields.Integer(required=True, metadata={"example": 499})
    duplicates = ma.fields.Integer(required=True, metadata={"example": 0})
    rejected = ma.fields.List(ma.fields.Nested(NotKept), required=True)
