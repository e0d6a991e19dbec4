"""Shapes of seals on the wire."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.seals.logs import LOGS
from crm_service.web.paging import PageQuery

#: As far as the database counts.
_MAX_NUMBER = 2**53 - 1


def _said(description: str) -> dict[str, Any]:
    return {"metadata": {"description": description}}


class SealShape(ma.Schema):
    """A seal: every value that its digest covers, but for the controller's id."""

    log = fields.String(required=True, metadata={"example": "ledger"})
    number = fields.Integer(required=True)
    sealed_at = fields.AwareDateTime(required=True)
    entries = fields.Integer(required=True, **_said("how many entries it covers"))
    up_to_xid = fields.String(required=True, metadata={"example": "81240"})
    up_to_position = fields.Integer(required=True)
    merkle_root = fields.String(required=True)
    previous_digest = fields.String(required=True)
    digest = fields.String(required=True)


class ChainedSeal(SealShape):
    """A seal by itself: with the controller's id its digest can be recomputed."""

    controller_id = fields.UUID(required=True)


class SealQuery(PageQuery):
    """Which chain, and from where."""

    log = fields.String(required=True, validate=validate.OneOf(list(LOGS)))
    first = fields.Integer(
        load_default=1,
        validate=validate.Range(1, _MAX_NUMBER),
        **_said("the number of the first seal wanted; the one that covers an entry"),
    )


class SealPage(ma.Schema):
    """A page of a chain, the oldest first."""

    items = fields.List(fields.Nested(ChainedSeal), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
