"""Shapes of reviews over HTTP; unknown fields are refused."""

import marshmallow as ma
from marshmallow.validate import Length, OneOf

from crm_service.policies.vocabulary import SOURCE_KINDS
from crm_service.reviews.service import DECISIONS

MAX_CONTACTS = 10_000


class UnusedShape(ma.Schema):
    """A contact that nobody has used for the period of the policy."""

    contact_id = ma.fields.UUID(required=True)
    source_kind = ma.fields.String(required=True, validate=OneOf(SOURCE_KINDS))
    added_at = ma.fields.AwareDateTime(required=True)
    updated_at = ma.fields.AwareDateTime(required=True)
    last_review_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"example": None}
    )


class UnusedPage(ma.Schema):
    """A page of what is up for review."""

    items = ma.fields.List(ma.fields.Nested(UnusedShape), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class DueCount(ma.Schema):
    """How much is up for review."""

    unused_since = ma.fields.AwareDateTime(required=True)
    due = ma.fields.Integer(required=True, metadata={"example": 12})


def _reasons() -> ma.fields.String:
    return ma.fields.String(
        required=True, validate=Length(1, 2000), metadata={"example": "a customer's contact person"}
    )


class ReviewDecision(ma.Schema):
    """What is decided about one contact, and why."""

    decision = ma.fields.String(required=True, validate=OneOf(DECISIONS))
    reasons = _reasons()


class Keeping(ma.Schema):
    """Which contacts are kept for another period, and why."""

    contact_ids = ma.fields.List(ma.fields.UUID(), required=True, validate=Length(1, MAX_CONTACTS))
    reasons = _reasons()


class Kept(ma.Schema):
    """What came of it."""

    kept = ma.fields.Integer(required=True)
