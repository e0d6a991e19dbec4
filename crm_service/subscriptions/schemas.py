"""Shapes of sign-ups over HTTP; unknown fields are refused."""

import marshmallow as ma
from marshmallow.validate import Length, Regexp

from crm_service.permissions.schemas import Wording


class NewSubscription(ma.Schema):
    """What a person signs up for."""

    email = ma.fields.String(required=True, validate=Length(1, 320), metadata={"format": "email"})
    topics = ma.fields.List(
        ma.fields.String(validate=Length(1, 64)),
        required=True,
        validate=Length(1, 50),
        metadata={"example": ["news"]},
    )
    wording = ma.fields.Nested(
        Wording, required=True, metadata={"description": "the words that the person agreed to"}
    )
    page = ma.fields.String(
        validate=[Length(1, 500), Regexp(r"[^\x00-\x1f\x7f]+\Z")],
        metadata={"description": "address or version of the form", "example": "/subscribe v3"},
    )
    language = ma.fields.String(validate=Regexp(r"[a-z]{2}(-[A-Z]{2})?\Z"))

    @ma.validates("wording")
    def _check_wording(self, value: dict[str, object], **_: object) -> None:
        if not value.get("version"):
            raise ma.ValidationError("name the version of the wording")


class TakenSubscription(ma.Schema):
    """The same answer for every address."""

    status = ma.fields.String(required=True, metadata={"example": "confirmation_requested"})
