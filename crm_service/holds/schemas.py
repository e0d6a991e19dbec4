"""Shapes of holds over HTTP; unknown fields are refused."""

from typing import Any

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf, Regexp

from crm_service.holds.service import DISPUTE, KINDS, STATUTORY
from crm_service.policies.holds import OUTCOMES
from crm_service.web.moments import Day, Moment
from crm_service.web.paging import PageQuery

_CATEGORY = Regexp(r"^[a-z0-9][a-z0-9._-]{0,62}\Z", error="must be a category of retention")
_NEEDED = {DISPUTE: "reference", STATUTORY: "law"}
_OF_A_LAW = ("law", "hand_over_to", "held_until")


def _words(limit: int, **options: Any) -> fields.String:
    return fields.String(validate=[Length(1, limit), Regexp(r"(?s).*\S")], **options)


def _reasons() -> fields.String:
    return _words(10_000, required=True, metadata={"example": "claim over an unpaid invoice"})


_CATEGORIES = {
    "description": "the categories of retention that it holds; everything where left out",
    "example": ["contracts"],
}
_LAW = {
    "description": "of a statutory hold: a slug of the policy's, or the name of the law",
}
_HAND_OVER = {"description": "who must be handed what the law covers"}
_UNTIL = {"description": "the last day, where there is one", "example": "2036-10-01"}
_NONE = {"example": None}


class NewHold(ma.Schema):
    """Why a person's data must not be deleted."""

    kind = fields.String(required=True, validate=OneOf(KINDS), metadata={"example": DISPUTE})
    reference = _words(200, metadata={"description": "of the dispute", "example": "P 1042/2026"})
    law = _words(200, metadata=_LAW)
    hand_over_to = _words(200, metadata=_HAND_OVER)
    held_until = Day(metadata=_UNTIL)
    categories = fields.List(
        fields.String(validate=_CATEGORY), validate=Length(1, 50), metadata=_CATEGORIES
    )
    reasons = _reasons()

    @ma.validates_schema
    def _check_kind(self, data: dict[str, Any], **_: Any) -> None:
        needed = _NEEDED[data["kind"]]
        if needed not in data:
            raise ma.ValidationError(f"is needed for a hold of the kind {data['kind']}", needed)
        for name in _OF_A_LAW if data["kind"] == DISPUTE else ():
            if name in data:
                raise ma.ValidationError("has a meaning for the kind statutory only", name)


class HoldShape(ma.Schema):
    """A hold; ``stands`` tells whether it bars deletion today."""

    id = fields.UUID(required=True)
    contact_id = fields.UUID(required=True, attribute="subject_id")
    kind = fields.String(required=True, validate=OneOf(KINDS), metadata={"example": DISPUTE})
    reference = fields.String(required=True, allow_none=True, metadata={"example": "P 1042/2026"})
    law = fields.String(required=True, allow_none=True, metadata=_LAW | _NONE)
    hand_over_to = fields.String(required=True, allow_none=True, metadata=_HAND_OVER | _NONE)
    categories = fields.List(fields.String(), required=True, allow_none=True, metadata=_CATEGORIES)
    reasons = _reasons()
    stands = fields.Boolean(required=True, metadata={"example": True})
    set_by = fields.String(required=True)
    set_at = Moment(required=True)
    outcome = fields.String(
        required=True, allow_none=True, validate=OneOf(OUTCOMES), metadata=_NONE
    )
    final_on = fields.Date(required=True, allow_none=True, metadata=_NONE)
    held_until = fields.Date(required=True, allow_none=True, metadata=_UNTIL | _NONE)
    resolved_by = fields.String(required=True, allow_none=True, metadata=_NONE)
    resolved_at = Moment(required=True, allow_none=True, metadata=_NONE)
    lifted_by = fields.String(required=True, allow_none=True, metadata=_NONE)
    lifted_at = Moment(required=True, allow_none=True, metadata=_NONE)
    lift_reasons = fields.String(required=True, allow_none=True, metadata=_NONE)


class HoldList(ma.Schema):
    """A contact's holds, the oldest first."""

    items = fields.List(fields.Nested(HoldShape), required=True)


class HoldQuery(PageQuery):
    """Which holds."""

    kind = fields.String(load_default=None, validate=OneOf(KINDS))
    standing = fields.Boolean(
        load_default=None, metadata={"description": "true: those that bar deletion today"}
    )


class HoldPage(HoldList):
    """A page of holds, the oldest first."""

    next_cursor = fields.String(required=True, allow_none=True)


class Resolution(ma.Schema):
    """How a dispute ended."""

    outcome = fields.String(
        required=True, validate=OneOf(OUTCOMES), metadata={"example": "judgment"}
    )
    final_on = Day(
        required=True,
        metadata={"description": "the day it became final", "example": "2026-10-01"},
    )


class HoldLift(ma.Schema):
    """Why nothing is held any more."""

    reasons = _words(
        10_000, required=True, metadata={"example": "the claim was withdrawn by letter"}
    )
