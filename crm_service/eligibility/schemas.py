"""Shapes of eligibility checks: the documented twin of ``asking.read``."""

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.eligibility.asking import MAX_ADDRESSES, MAX_CAMPAIGN, MAX_SLUG
from crm_service.eligibility.extras import INCLUDES
from crm_service.eligibility.verdicts import REASONS
from crm_service.preferences.service import FREQUENCIES

_ONE_LIST = "give exactly one of emails, phones and contact_ids"
_INCLUDE = (
    "links: the unsubscribe URL and headers for each address; return_path: the envelope sender "
    "that bounces come back to; tracking: pixel and link prefix, for people who permit tracking; "
    "preferences: how often and in which language eligible people asked to be written to"
)
_COUNT = validate.Length(1, MAX_ADDRESSES)


class NewCheck(ma.Schema):
    """What is asked: whom a topic's message may reach over a channel, now."""

    topic = fields.String(
        required=True, validate=validate.Length(1, MAX_SLUG), metadata={"example": "news"}
    )
    channel = fields.String(
        required=True, validate=validate.Length(1, MAX_SLUG), metadata={"example": "email"}
    )
    emails = fields.List(
        fields.String(), validate=_COUNT, metadata={"example": ["person@example.com"]}
    )
    phones = fields.List(fields.String(), validate=_COUNT)
    contact_ids = fields.List(fields.UUID(), validate=_COUNT)
    include = fields.List(
        fields.String(validate=validate.OneOf(INCLUDES)),
        metadata={"description": _INCLUDE, "example": ["links"]},
    )
    campaign = fields.String(validate=validate.Length(1, MAX_CAMPAIGN))

    @ma.validates_schema(skip_on_field_errors=False)
    def one_list(self, data: dict[str, object], **_: object) -> None:
        """Refuse none, or more than one."""
        if len({"emails", "phones", "contact_ids"} & data.keys()) != 1:
            raise ma.ValidationError(_ONE_LIST, "emails")


class StandingBlock(ma.Schema):
    """Why an address is suppressed."""

    scope = fields.String(required=True)
    reason = fields.String(required=True)
    ends_at = fields.AwareDateTime(metadata={"description": "when a pause is over"})


class LinkHeaders(ma.Schema):
    """The two headers of one-click unsubscribe; both must be covered by the DKIM signature."""

    list_unsubscribe = fields.String(required=True, data_key="List-Unsubscribe")
    list_unsubscribe_post = fields.String(required=True, data_key="List-Unsubscribe-Post")


class Preferences(ma.Schema):
    """What a person chose on the preference page of this address."""

    frequency = fields.String(
        required=True,
        validate=validate.OneOf(FREQUENCIES),
        metadata={"description": "the most often that the person wants mail; sending less is fine"},
    )
    language = fields.String(metadata={"description": "absent where none was chosen"})


class Result(ma.Schema):
    """The verdict on one address, which stands in the field that it was asked in."""

    email = fields.String()
    phone = fields.String()
    contact_id = fields.UUID()
    eligible = fields.Boolean(required=True)
    reasons = fields.List(
        fields.String(
            validate=validate.OneOf([*REASONS.values(), "unknown_address", "invalid_address"])
        ),
        required=True,
        metadata={"description": "why not, strongest first; empty for an eligible address"},
    )
    basis = fields.String(metadata={"description": "the legal basis relied on"})
    suppressions = fields.List(fields.Nested(StandingBlock))
    unsubscribe_url = fields.String()
    headers = fields.Nested(LinkHeaders)
    return_path = fields.String(
        metadata={
            "description": "the envelope sender (MAIL FROM) of this message: its bounces prove by "
            "it whose they are; where the envelope is not yours to set, also as `X-CRM-Return-Path`"
        }
    )
    open_pixel_url = fields.String(
        metadata={"description": "an image of one pixel; absent where tracking is not permitted"}
    )
    click_url_prefix = fields.String(
        metadata={
            "description": "with a `ref` of `POST /v1/tracking-links` behind it: the tracked link; "
            "absent where tracking is not permitted"
        }
    )
    preferences = fields.Nested(
        Preferences,
        metadata={"description": "absent where the person chose nothing, or is not eligible"},
    )


class Counts(ma.Schema):
    """How many of each."""

    eligible = fields.Integer(required=True)
    ineligible = fields.Integer(required=True)


class Decision(ma.Schema):
    """The verdicts in the order asked, and how they can be proved later."""

    decision_id = fields.UUID(required=True)
    policy_version = fields.Integer(required=True)
    checked_at = fields.AwareDateTime(required=True)
    counts = fields.Nested(Counts, required=True)
    results = fields.List(fields.Nested(Result), required=True)


class StreamQuery(ma.Schema):
    """The question of a streamed check."""

    topic = fields.String(validate=validate.Length(1, MAX_SLUG))
    channel = fields.String(validate=validate.Length(1, MAX_SLUG))
    include = fields.String(
        validate=validate.Regexp(rf"({'|'.join(INCLUDES)})(,({'|'.join(INCLUDES)}))*\Z"),
        metadata={"description": f"one or more of {', '.join(INCLUDES)}, separated by commas"},
    )
    campaign = fields.String(validate=validate.Length(1, MAX_CAMPAIGN))
