"""Shapes of notices over HTTP; unknown fields are refused."""

import marshmallow as ma
from marshmallow.validate import Length, OneOf, Regexp

from crm_service.notices.service import CAUSES, EXEMPTIONS, WAYS
from crm_service.web.moments import PastMoment
from crm_service.web.paging import PageQuery


class NoticeShape(ma.Schema):
    """That a recipient is to be told of something, and how far that has come."""

    id = ma.fields.UUID(required=True)
    recipient = ma.fields.String(required=True, metadata={"example": "mailhouse"})
    recipient_id = ma.fields.UUID(required=True)
    contact_id = ma.fields.UUID(
        required=True, metadata={"description": "of a person erased: the id it had"}
    )
    cause = ma.fields.String(required=True, validate=OneOf(CAUSES), metadata={"example": "erasure"})
    request_id = ma.fields.UUID(required=True, allow_none=True)
    names = ma.fields.List(
        ma.fields.String(),
        attribute="fields",
        data_key="fields",
        required=True,
        metadata={"description": "of a rectification: what it got and what changed", "example": []},
    )
    owed_at = ma.fields.AwareDateTime(required=True)
    due_on = ma.fields.Date(required=True, metadata={"example": "2026-12-06"})
    status = ma.fields.String(
        required=True,
        validate=OneOf(["due", "sent", "acknowledged", "dispensed"]),
        metadata={"example": "due"},
    )
    sent_at = ma.fields.AwareDateTime(required=True, allow_none=True, metadata={"example": None})
    sent_by = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    times_sent = ma.fields.Integer(
        required=True, metadata={"description": "with reminders", "example": 0}
    )
    acknowledged_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"example": None}
    )
    acknowledged_by = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    dispensed_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"example": None}
    )
    dispensed_for = ma.fields.String(required=True, allow_none=True, metadata={"example": None})
    dispensed_reasons = ma.fields.String(required=True, allow_none=True, metadata={"example": None})


class NoticePage(ma.Schema):
    """A page of notices, the next one due first."""

    items = ma.fields.List(ma.fields.Nested(NoticeShape), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class NoticeQuery(PageQuery):
    """Which notices to list."""

    open = ma.fields.Boolean(
        metadata={"description": "true: neither acknowledged nor dispensed with; false: the others"}
    )
    overdue = ma.fields.Boolean(metadata={"description": "open, and their day is over"})
    recipient = ma.fields.String(validate=Length(1, 63), metadata={"description": "its slug"})
    contact_id = ma.fields.UUID()
    request_id = ma.fields.UUID()


class NewStep(ma.Schema):
    """How the recipient was told, or confirmed."""

    by = ma.fields.String(required=True, validate=OneOf(WAYS), metadata={"example": "email"})
    at = PastMoment(metadata={"description": "now when left out"})


class NewDispensation(ma.Schema):
    """Why the recipient need not be told (GDPR Art. 19)."""

    ground = ma.fields.String(
        required=True, validate=OneOf(EXEMPTIONS), metadata={"example": "impossible"}
    )
    reasons = ma.fields.String(
        required=True,
        validate=[Length(1, 2000), Regexp(r"(?s).*\S")],
        metadata={"description": "write no names of people", "example": "the company is dissolved"},
    )
