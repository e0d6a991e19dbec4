"""Shapes of contracts over HTTP; unknown fields are refused."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, Regexp

from crm_service.contacts.necessity import Necessary
from crm_service.web.moments import Day, Moment

_SLUG = Regexp(r"^[a-z0-9][a-z0-9_-]{0,62}\Z", error="must be a slug")
_CATEGORY = {"description": "the category of retention", "example": "contracts"}
_PURPOSE = {"description": "a purpose of the policy", "example": "service"}
_ENDED = {
    "description": "when it ended, or is going to; null while it runs",
    "example": "2026-10-31",
}


class ContractChange(ma.Schema):
    """What is recorded anew; a contract ends by its ``ended_on``."""

    category = fields.String(validate=_SLUG, metadata=_CATEGORY)
    purpose = fields.String(validate=_SLUG, metadata=_PURPOSE)
    signed_on = Day(metadata={"example": "2024-03-01"})
    ended_on = Day(allow_none=True, metadata=_ENDED)
    note = fields.String(allow_none=True, validate=Length(1, 10_000))
    necessary_for = fields.Nested(
        Necessary,
        metadata={"description": "of a restricted person, or after a withdrawal: why all the same"},
    )


class NewContract(ContractChange):
    """A contract with a person."""

    reference = fields.String(
        required=True,
        validate=[Length(1, 100), Regexp(r"(?s).*\S")],
        metadata={"example": "2024/114"},
    )
    signed_on = Day(required=True, metadata={"example": "2024-03-01"})


class ContractShape(ma.Schema):
    """A contract as it stands."""

    id = fields.UUID(required=True)
    reference = fields.String(required=True, metadata={"example": "2024/114"})
    category = fields.String(required=True, metadata=_CATEGORY)
    purpose = fields.String(required=True, metadata=_PURPOSE)
    signed_on = fields.Date(required=True, metadata={"example": "2024-03-01"})
    ended_on = fields.Date(required=True, allow_none=True, metadata=_ENDED)
    note = fields.String(required=True, allow_none=True)
    recorded_by = fields.String(required=True)
    recorded_at = Moment(required=True)
    updated_at = Moment(required=True)


class ContractList(ma.Schema):
    """A contact's contracts, the oldest first."""

    items = fields.List(fields.Nested(ContractShape), required=True)
