"""Shapes of interactions and cases over HTTP."""

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.contacts.necessity import Necessary
from crm_service.interactions.service import KINDS
from crm_service.web.moments import Moment, PastMoment
from crm_service.web.paging import PageQuery

_SLUG = r"^[a-z0-9][a-z0-9_-]{0,62}\Z"


class ExternalRecord(ma.Schema):
    """Where the thing itself is kept."""

    system = fields.String(
        required=True, validate=validate.Length(1, 100), metadata={"example": "phone-system"}
    )
    id = fields.String(
        required=True, validate=validate.Length(1, 200), metadata={"example": "rec-20261103-17"}
    )


class NewInteraction(ma.Schema):
    """What a person and the controller had to do with each other."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    occurred_at = PastMoment(required=True)
    direction = fields.String(
        validate=validate.OneOf(("in", "out")), metadata={"description": "who began it"}
    )
    number = fields.String(
        validate=validate.Length(1, 40),
        metadata={
            "description": "the telephone number, in international form",
            "example": "+372 5123 4567",
        },
    )
    note = fields.String(validate=validate.Length(1, 10_000))
    record = fields.Nested(ExternalRecord)
    category = fields.String(
        validate=validate.Regexp(_SLUG),
        metadata={
            "description": "the category of retention; by its kind where it is not said",
            "example": "call_log",
        },
    )
    purpose = fields.String(
        validate=validate.Regexp(_SLUG),
        metadata={"description": "a purpose of the policy", "example": "service"},
    )
    case = fields.String(
        validate=validate.Length(1, 100),
        metadata={
            "description": "the reference of the case it is filed to; opened if need be",
            "example": "C-2026-118",
        },
    )
    necessary_for = fields.Nested(
        Necessary,
        metadata={"description": "of a restricted person, or after a withdrawal: why all the same"},
    )


class Interaction(ma.Schema):
    """One interaction; its time and number go when their term is over."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    category = fields.String(required=True, metadata={"example": "call_log"})
    purpose = fields.String(required=True, metadata={"example": "service"})
    direction = fields.String(required=True, allow_none=True, metadata={"example": "in"})
    occurred_at = Moment(required=True, allow_none=True)
    number = fields.String(required=True, allow_none=True, metadata={"example": "+37251234567"})
    note = fields.String(required=True, allow_none=True)
    record = fields.Nested(
        ExternalRecord,
        required=True,
        allow_none=True,
        metadata={"example": {"system": "phone-system", "id": "rec-20261103-17"}},
    )
    case_id = fields.UUID(required=True, allow_none=True)
    case = fields.String(required=True, allow_none=True, metadata={"example": "C-2026-118"})
    case_closed_at = Moment(required=True, allow_none=True)
    recorded_by = fields.String(required=True)
    recorded_at = Moment(required=True)


class InteractionQuery(PageQuery):
    """Which interactions."""

    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS))


class InteractionPage(ma.Schema):
    """A page of interactions, those recorded last first."""

    items = fields.List(fields.Nested(Interaction), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class Case(ma.Schema):
    """What notes are filed to: they stay while it is open."""

    id = fields.UUID(required=True)
    reference = fields.String(required=True, metadata={"example": "C-2026-118"})
    opened_at = Moment(required=True)
    closed_at = Moment(required=True, allow_none=True)


class CaseList(ma.Schema):
    """A contact's cases, the oldest first."""

    items = fields.List(fields.Nested(Case), required=True)
