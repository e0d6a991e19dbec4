"""Shapes of tracked links over HTTP."""

import marshmallow as ma

from crm_service.engagement.tracking.destinations import MAX_URL

MAX_URLS = 200
_REF = "aeaqaaaa" * 3


class NewTrackingLinks(ma.Schema):
    """The links of a message that are to be tracked; never the unsubscribe link."""

    urls = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, MAX_URL)),
        required=True,
        validate=ma.validate.Length(1, MAX_URLS),
        metadata={
            "description": "http:// or https://, the same for every recipient; no personal data",
            "example": ["https://www.example.com/spring?utm_campaign=spring"],
        },
    )


class TrackingLink(ma.Schema):
    """A destination and its reference."""

    url = ma.fields.String(
        required=True,
        metadata={"example": "https://www.example.com/spring?utm_campaign=spring"},
    )
    ref = ma.fields.String(
        required=True,
        metadata={
            "description": "what stands behind a recipient's `click_url_prefix`; does not expire",
            "example": _REF,
        },
    )


class TrackingLinks(ma.Schema):
    """The references, in the order asked."""

    links = ma.fields.List(ma.fields.Nested(TrackingLink), required=True)
