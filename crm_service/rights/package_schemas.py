"""Shapes of packages over HTTP."""

import marshmallow as ma
from marshmallow.validate import Length

from crm_service.web.booleans import JsonBoolean


class PackagePassword(ma.Schema):
    """The password for one archive."""

    password = ma.fields.String(
        required=True,
        validate=Length(12, 128),
        metadata={"description": "kept nowhere", "example": "correct horse battery"},
    )


class NewPackageLink(ma.Schema):
    """How a package is to be handed out by a link."""

    encrypted = JsonBoolean(
        metadata={"description": "what the policy requires, where it is absent", "example": True}
    )


class PackageLink(ma.Schema):
    """A link that is on its way to the person."""

    expires_at = ma.fields.AwareDateTime(required=True)
    encrypted = ma.fields.Boolean(required=True, metadata={"example": True})
    password = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "shown this once; tell it by another way than the mail",
            "example": "k7wq-x3mn-9pfh-tz4c-2rvd",
        },
    )
