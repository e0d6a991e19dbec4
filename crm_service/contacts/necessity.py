"""The shape of a ground for what would otherwise not be done with a person's data."""

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, OneOf

from crm_service.contacts.admitting import BASES
from crm_service.contacts.facts import Necessity


class Necessary(ma.Schema):
    """Why data are needed that would otherwise only be stored, or no more be collected."""

    basis = ma.fields.String(
        required=True, validate=OneOf(BASES), metadata={"example": "legal_claims"}
    )
    reference = ma.fields.String(
        required=True,
        validate=Length(1, 500),
        metadata={"description": "the contract, law or case", "example": "case 2-26-1"},
    )

    @ma.post_load
    def _said(self, data: dict[str, Any], **_: Any) -> Necessity:
        return Necessity(**data)
