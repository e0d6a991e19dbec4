"""Shapes of a person's timeline over HTTP."""

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.history.sources import KINDS
from crm_service.web.moments import Moment
from crm_service.web.paging import PageQuery


class HistoryQuery(PageQuery):
    """Which entries of the timeline."""

    kind = fields.List(
        fields.String(validate=validate.OneOf(KINDS)),
        load_default=None,
        validate=validate.Length(1, len(KINDS)),
        metadata={"description": "only these; may be repeated", "example": ["engagement"]},
    )
    since = Moment(load_default=None)
    until = Moment(load_default=None)
    campaign = fields.String(
        load_default=None,
        validate=validate.Length(1, 200),
        metadata={"description": "only events of this campaign"},
    )
    machine = fields.Boolean(
        load_default=None,
        metadata={"description": "false leaves out what machines did, true everything else"},
    )


class HistoryEntry(ma.Schema):
    """One thing that happened."""

    id = fields.UUID(required=True)
    kind = fields.String(
        required=True, validate=validate.OneOf(KINDS), metadata={"example": "engagement"}
    )
    at = Moment(required=True, metadata={"example": "2026-11-03T09:15:00Z"})
    what = fields.String(required=True, metadata={"example": "clicked"})
    details = fields.Dict(
        required=True,
        metadata={
            "example": {
                "campaign": "spring-offer",
                "url": "https://example.com/spring",
                "client": "Mobile Safari 17",
                "os": "iOS 17",
                "device": "mobile",
                "machine": False,
            }
        },
    )


class HistoryPage(ma.Schema):
    """A page of the timeline, newest first."""

    items = fields.List(fields.Nested(HistoryEntry), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    last_interaction_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "what retention counts from; machines never move it"},
    )
