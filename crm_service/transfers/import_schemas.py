"""The shapes of imports on the wire."""

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.policies.vocabulary import SOURCE_KINDS
from crm_service.web.paging import PageQuery

STATES = ("waiting", "running", "done", "failed")
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}


class ImportOptions(ma.Schema):
    """How a file is imported. In a form these are fields, otherwise parameters of the query."""

    mapping = fields.List(
        fields.String(validate=validate.Length(1, 20_000)),
        load_default=list,
        metadata={
            "description": 'a JSON object, {"Your Column": "email"}, or COLUMN=FIELD, repeatable. '
            "Fields are those of a contact, added_at, topics, basis, evidence.<path>, "
            "attributes.<name>; ignore leaves a column out",
            "example": ["E-mail address=email"],
        },
    )
    update = fields.List(
        fields.String(validate=validate.Length(1, 20_000)),
        load_default=list,
        metadata={
            "description": "how filled cells change contacts that stand: overwrite (the default), "
            "fill-empty or keep; FIELD=MODE for one field, repeatable; or a JSON object of fields "
            'and modes, {"default": "keep", "phone": "fill-empty"}',
            "example": ["fill-empty"],
        },
    )
    source = fields.String(
        load_default=None,
        validate=validate.OneOf(SOURCE_KINDS),
        metadata={"description": "where the data of the file come from (GDPR Art. 14(2)(f))"},
    )
    dry_run = fields.Boolean(
        load_default=False,
        metadata={"description": "say what would happen; the register stays as it is"},
    )
    encoding = fields.String(
        load_default=None,
        validate=validate.Length(1, 40),
        metadata={"description": "when the file's own is not recognized", "example": "cp1252"},
    )
    delimiter = fields.String(
        load_default=None,
        validate=validate.Length(1, 3),
        metadata={"description": "when the file's own is not recognized; tab is one"},
    )


class ImportCounts(ma.Schema):
    """Rows by what became of them."""

    created = fields.Integer(required=True, metadata={"example": 780})
    updated = fields.Integer(required=True, metadata={"example": 20})
    unchanged = fields.Integer(required=True, metadata={"example": 0})
    duplicate = fields.Integer(required=True, metadata={"example": 25})
    rejected = fields.Integer(required=True, metadata={"example": 5})


class ImportFile(ma.Schema):
    """What is known of the file; its name is not kept."""

    bytes = fields.Integer(required=True, metadata={"example": 104_857_600})
    sha256 = fields.String(required=True)


class ImportProblem(ma.Schema):
    """Why an import ended before its last row."""

    code = fields.String(required=True, metadata={"example": "agreement_required"})
    detail = fields.String(required=True)


class ImportShape(ma.Schema):
    """An import: rows are counted from 1, without the header."""

    id = fields.UUID(required=True)
    state = fields.String(
        required=True, validate=validate.OneOf(STATES), metadata={"example": "running"}
    )
    dry_run = fields.Boolean(required=True, metadata={"example": False})
    file = fields.Nested(ImportFile, required=True)
    rows = fields.Integer(
        required=True, metadata={"description": "rows that are done", "example": 830}
    )
    next_row = fields.Integer(
        required=True,
        metadata={"description": "where it goes on when it is interrupted", "example": 831},
    )
    percent = fields.Float(required=True, metadata={"example": 41.5})
    rows_per_second = fields.Float(
        required=True, allow_none=True, metadata={"example": 14250.0, "description": "so far"}
    )
    counts = fields.Nested(ImportCounts, required=True)
    reasons = fields.Dict(
        required=True,
        metadata={
            **_COUNTS,
            "description": "rejected rows by reason",
            "example": {"syntax": 4, "missing": 1},
        },
    )
    warnings = fields.Dict(
        required=True,
        metadata={
            **_COUNTS,
            "description": "rows by what was left out of them",
            "example": {"evidence_missing": 41},
        },
    )
    notes = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={
            "description": "what concerns no single row: topics_created, wordings_without_text, "
            "bases_covering_no_topic, columns_not_imported, columns_withheld, encoding, "
            "encoding_guessed",
            "example": {"topics_created": ["news"], "encoding": ["utf-8"]},
        },
    )
    problem = fields.Nested(
        ImportProblem, required=True, allow_none=True, metadata={"example": None}
    )
    created_at = fields.AwareDateTime(required=True)
    started_at = fields.AwareDateTime(required=True, allow_none=True)
    updated_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True, metadata={"example": None})
    report_expires_at = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={
            "description": "until when the report can be had; null: none, or not yet",
            "example": None,
        },
    )


class ImportPage(ma.Schema):
    """One page of imports, the newest first."""

    items = fields.List(fields.Nested(ImportShape), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ImportQuery(PageQuery):
    """Which page."""
