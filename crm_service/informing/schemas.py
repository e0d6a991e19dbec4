"""Shapes of information duties over HTTP; unknown fields are refused."""

import marshmallow as ma
from marshmallow.validate import Length, OneOf

from crm_service.informing.service import EXEMPTIONS, WAYS
from crm_service.policies.vocabulary import SOURCE_KINDS
from crm_service.web.moments import PastMoment
from crm_service.web.paging import PageQuery

MAX_CONTACTS = 10_000
REASONS = ("first_communication", "first_disclosure", "one_month")


class DutyShape(ma.Schema):
    """Somebody who is to be told of data that did not come from them."""

    contact_id = ma.fields.UUID(required=True)
    sources = ma.fields.List(
        ma.fields.String(), required=True, metadata={"example": ["business_contact"]}
    )
    collected_at = ma.fields.AwareDateTime(required=True)
    communicated_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={
            "description": "the first time since; null: a message now is the first communication",
            "example": None,
        },
    )
    disclosed_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"example": None}
    )
    due_at = ma.fields.AwareDateTime(required=True)
    due_by = ma.fields.String(
        required=True, validate=OneOf(REASONS), metadata={"description": "what sets the time"}
    )


class DutyPage(ma.Schema):
    """A page of duties; ``notice_url`` is the page to include in what is sent."""

    items = ma.fields.List(ma.fields.Nested(DutyShape), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)
    notice_url = ma.fields.String(
        required=True, metadata={"example": "https://crm.example.com/c/demo/privacy"}
    )


class DutyQuery(PageQuery):
    """Which duties."""

    overdue = ma.fields.Boolean(load_default=None)
    due_soon = ma.fields.Boolean(
        load_default=False, metadata={"description": "due within three days"}
    )


class Informed(ma.Schema):
    """How and when somebody was told."""

    how = ma.fields.String(required=True, validate=OneOf(WAYS))
    at = PastMoment(required=True)
    reference = ma.fields.String(
        load_default=None, allow_none=True, validate=Length(1, 500), metadata={"example": "spring"}
    )


class ManyInformed(Informed):
    """The same, and of whom: by id, or all whose data came from one source."""

    contact_ids = ma.fields.List(
        ma.fields.UUID(), validate=Length(1, MAX_CONTACTS), load_default=None
    )
    source_kind = ma.fields.String(validate=OneOf(SOURCE_KINDS), load_default=None)


class Exempt(ma.Schema):
    """Why nobody need be told (GDPR Art. 14(5))."""

    ground = ma.fields.String(required=True, validate=OneOf(EXEMPTIONS))
    reasons = ma.fields.String(
        required=True, validate=Length(1, 2000), metadata={"example": "told at the fair in May"}
    )


class SettledShape(ma.Schema):
    """What stands about a contact."""

    contact_id = ma.fields.UUID(required=True)
    how = ma.fields.String(required=True, allow_none=True)
    exemption = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    reasons = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    reference = ma.fields.String(required=True, allow_none=True)
    sources = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "what it covers"}
    )
    settled_at = ma.fields.AwareDateTime(required=True)


class InformedCount(ma.Schema):
    """What came of it."""

    informed = ma.fields.Integer(required=True)
