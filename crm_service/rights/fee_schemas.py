"""Shapes of fees over HTTP; unknown fields are refused."""

from decimal import Decimal

import marshmallow as ma
from marshmallow.validate import Length, Regexp

from crm_service.policies.vocabulary import currencies
from crm_service.rights.schemas import DecidedShape, LetterShape, RightsRequestShape

_FEE_LETTER = {
    "language": "en",
    "subject": "Your request for a copy of your data",
    "text": "Example OÜ\n\nWe ask a fee of €12.50 for it.",
}

_AMOUNT = Regexp(r"\A(0|[1-9][0-9]{0,5})(\.[0-9]{2})?\Z", error="must be such as 20 or 12.50")


def _known(code: str) -> None:
    if code not in currencies():
        raise ma.ValidationError("must be a currency in use, such as EUR (ISO 4217)")


class NewFee(ma.Schema):
    """What is asked of the person, and why the request is unfounded or excessive."""

    amount = ma.fields.String(
        required=True,
        validate=_AMOUNT,
        metadata={"description": "more than nothing, in the currency's main unit"}
        | {"example": "12.50"},
    )
    currency = ma.fields.String(required=True, validate=_known, metadata={"example": "EUR"})
    reasons = ma.fields.String(
        required=True,
        validate=[Length(1, 10_000), Regexp(r"(?s).*\S")],
        metadata={"description": "told to the person", "example": "the third copy in a month"},
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def _check_amount(self, data: dict[str, str], **_: object) -> None:
        if not Decimal(data["amount"]):
            raise ma.ValidationError("must be more than nothing", "amount")


class ChargedRightsRequest(RightsRequestShape):
    """A request for which a fee is asked, what the person is told of it, and where that goes."""

    fee_letter = ma.fields.Nested(LetterShape, required=True, metadata={"example": _FEE_LETTER})
    answer_to = ma.fields.String(
        required=True, allow_none=True, metadata={"example": "mari@example.com"}
    )


class OneRightsRequest(DecidedShape):
    """A request with what tells whether it is excessive, and the letter of a fee, if one is asked.

    ``previous_requests`` counts by kind what the same person asked in the twelve months before.
    """

    fee_letter = ma.fields.Nested(
        LetterShape, required=True, allow_none=True, metadata={"example": _FEE_LETTER}
    )
    previous_requests = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        required=True,
        metadata={
            "description": "of the same person in the twelve months before, by kind",
            "example": {"access": 2},
        },
    )
