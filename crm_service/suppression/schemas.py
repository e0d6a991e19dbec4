"""Shapes of suppressions on the wire."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.suppression.service import REASONS
from crm_service.web.moments import PastMoment
from crm_service.web.paging import PageQuery


class Scope(fields.Field[Any]):
    """``"all"``, ``"marketing"`` or ``{"topic": "<slug>"}``."""

    default_error_messages = {
        # Doubled braces: marshmallow formats its messages.
        "invalid": 'must be "all", "marketing" or {{"topic": "<slug>"}}',
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if value in ("all", "marketing"):
            return {"scope": value, "topic": None}
        slug = value.get("topic") if isinstance(value, dict) and set(value) == {"topic"} else None
        if not isinstance(slug, str) or not slug:
            raise self.make_error("invalid")
        return {"scope": "topic", "topic": slug}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> Any:
        del attr
        topic = obj["topic"] if isinstance(obj, dict) else obj.topic
        return {"topic": topic} if value == "topic" else value


class NewSuppression(ma.Schema):
    """A block to set, named by exactly one of ``email``, ``phone``, ``address_key``, ``domain``."""

    email = fields.String(validate=validate.Length(1, 320))
    phone = fields.String(
        validate=validate.Length(1, 40), metadata={"description": "international form, +372…"}
    )
    address_key = fields.UUID()
    domain = fields.String(
        validate=validate.Length(1, 255),
        metadata={"description": "example.com, or *.example.com for every domain below it as well"},
    )
    scope = Scope(
        required=True,
        metadata={
            "description": '"all", "marketing" or {"topic": "<slug>"}',
            "oneOf": [
                {"enum": ["all", "marketing"]},
                {
                    "type": "object",
                    "properties": {"topic": {"type": "string", "minLength": 1}},
                    "required": ["topic"],
                    "additionalProperties": False,
                },
            ],
            "example": "marketing",
        },
    )
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))
    ends_at = fields.AwareDateTime(
        metadata={"description": "with the reason pause: until when", "format": "date-time"}
    )
    note = fields.String(validate=validate.Length(1, 2000))
    received_at = PastMoment(
        metadata={"description": "when the person asked, if it came by post or telephone"}
    )

    @ma.validates_schema
    def one_address(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse none, or more than one."""
        if len({"email", "phone", "address_key", "domain"} & data.keys()) != 1:
            raise ma.ValidationError(
                "give exactly one of email, phone, address_key, domain", "email"
            )


class SuppressionShape(ma.Schema):
    """A block, standing or lifted."""

    id = fields.UUID(required=True)
    address_key = fields.UUID(required=True)
    subject_id = fields.UUID(required=True)
    kind = fields.String(required=True)
    scope = Scope(required=True, metadata={"example": "marketing"})
    reason = fields.String(required=True)
    source = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    suppressed_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "when a pause is over"}
    )
    lifted_at = fields.AwareDateTime(required=True, allow_none=True)
    lifted_by = fields.String(required=True, allow_none=True)
    lift_justification = fields.String(required=True, allow_none=True)
    domain = fields.String(
        required=True, allow_none=True, metadata={"description": "where kind is domain"}
    )


class SuppressionList(ma.Schema):
    """Every block that stands on one address."""

    items = fields.List(fields.Nested(SuppressionShape), required=True)


class SuppressionPage(SuppressionList):
    """A page of blocks."""

    next_cursor = fields.String(required=True, allow_none=True)


class SuppressionQuery(PageQuery):
    """Paging of blocks, with filters."""

    reason = fields.String(load_default=None, validate=validate.OneOf(REASONS))
    include_lifted = fields.Boolean(load_default=False)


class Lookup(ma.Schema):
    """An address to look up: never in a path or a query string."""

    email = fields.String(validate=validate.Length(1, 320))
    phone = fields.String(validate=validate.Length(1, 40))
    domain = fields.String(validate=validate.Length(1, 255))

    @ma.validates_schema
    def one_address(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse none, or more than one."""
        if len(data) != 1:
            raise ma.ValidationError("give exactly one of email, phone and domain", "email")


class Lift(ma.Schema):
    """Why a block is lifted."""

    justification = fields.String(
        required=True,
        validate=[
            validate.Length(10, 2000),
            # Ten spaces are no reason.
            validate.Regexp(r"^\s*\S[\s\S]{8,}\S\s*$", error="give the reason in words"),
        ],
    )
