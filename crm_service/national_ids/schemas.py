"""Shapes of national identification numbers over HTTP."""

import marshmallow as ma

from crm_service.contacts.necessity import Necessary

_COUNTRY = ma.validate.Regexp(r"^[A-Z]{2}\Z", error="must be an ISO 3166-1 code such as EE")
_NUMBER = {"description": "as it is written; spaces and dashes do not matter"}


class Number(ma.Schema):
    """A number and the country that gave it."""

    country = ma.fields.String(required=True, validate=_COUNTRY, metadata={"example": "EE"})
    number = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 40),
        metadata={**_NUMBER, "example": "38001085718"},
    )


class NewNumber(Number):
    """A number to keep."""

    necessary_for = ma.fields.Nested(
        Necessary,
        metadata={"description": "of a restricted person, or after a withdrawal: why all the same"},
    )


class Masked(ma.Schema):
    """A number as it is shown: its last two characters alone."""

    country = ma.fields.String(required=True, metadata={"example": "EE"})
    masked = ma.fields.String(required=True, metadata={"example": "*********18"})


class Reveal(ma.Schema):
    """What the number is needed for."""

    purpose = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 64),
        metadata={"description": "a purpose of the policy", "example": "service"},
    )


class Owner(ma.Schema):
    """Whose number it is."""

    contact_id = ma.fields.UUID(required=True)
