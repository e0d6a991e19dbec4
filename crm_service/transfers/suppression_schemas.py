"""Shapes of suppression lists on the wire."""

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.transfers.suppression_exporting import FORMATS
from crm_service.transfers.suppression_reasons import LISTED


class ImportOptions(ma.Schema):
    """How a list is taken: for rows that do not say it themselves. Bounces are always for all."""

    scope = fields.String(validate=validate.OneOf(["marketing", "all"]))
    topic = fields.String(
        validate=validate.Length(1, 63), metadata={"description": "a slug, instead of a scope"}
    )
    reason = fields.String(validate=validate.OneOf(LISTED))
    dry_run = fields.Boolean(metadata={"description": "say what would happen; store nothing"})

    @ma.validates_schema
    def one_scope(self, data: dict[str, object], **_: object) -> None:
        """Refuse a topic beside a scope."""
        if {"scope", "topic"} <= data.keys():
            raise ma.ValidationError("give a scope or a topic, not both", "topic")


class ListProblem(ma.Schema):
    """A row that was refused; rows are counted from 1, without the header."""

    row = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"example": "invalid_address"})


class ListCounts(ma.Schema):
    """Rows by what became of them, and the blocks set because a hashed list names contacts."""

    rows = fields.Integer(required=True)
    added = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    ignored = fields.Integer(required=True, metadata={"description": "not refusals"})
    rejected = fields.Integer(required=True)
    matched = fields.Integer(
        required=True,
        metadata={"description": "contacts blocked because a hashed list names them"},
    )


class ListResult(ma.Schema):
    """What became of a list."""

    id = fields.UUID(required=True)
    format = fields.String(required=True, metadata={"example": "sendgrid-bounces"})
    dry_run = fields.Boolean(required=True)
    counts = fields.Nested(ListCounts, required=True)
    problems = fields.List(fields.Nested(ListProblem), required=True)
    problems_omitted = fields.Integer(
        required=True, metadata={"description": "refused rows that are counted, but not named"}
    )


class ExportQuery(ma.Schema):
    """How the list is written."""

    format = fields.String(load_default="csv", validate=validate.OneOf(FORMATS))
