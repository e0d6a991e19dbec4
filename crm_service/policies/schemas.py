"""Shapes of policies and agreements over HTTP."""

import marshmallow as ma


class AgreementState(ma.Schema):
    """The agreement that the active policy names, and whether it is accepted."""

    required = ma.fields.Boolean(
        required=True, metadata={"description": "whether the policy names an agreement"}
    )
    accepted = ma.fields.Boolean(
        required=True, metadata={"description": "whether its current version is accepted"}
    )
    version = ma.fields.String(required=True, allow_none=True, metadata={"example": "2026-01"})
    title = ma.fields.String(required=True, allow_none=True)
    url = ma.fields.String(required=True, allow_none=True)
    accepted_by = ma.fields.String(required=True, allow_none=True)
    accepted_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class NewAcceptance(ma.Schema):
    """Who accepts which version."""

    version = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 500),
        metadata={"description": "the version that was read", "example": "2026-01"},
    )
    accepted_by = ma.fields.String(
        required=True,
        validate=[
            ma.validate.Length(1, 200),
            ma.validate.Regexp(r"\S", error="must name somebody"),
        ],
        metadata={
            "description": "who accepts for the controller",
            "example": "Mari Tamm, board member",
        },
    )


class PolicyVersion(ma.Schema):
    """When a version became active, and the digest of its document."""

    version = ma.fields.Integer(required=True, metadata={"example": 1})
    name = ma.fields.String(required=True, metadata={"example": "cantec-ee"})
    sha256 = ma.fields.String(required=True)
    activated_at = ma.fields.AwareDateTime(required=True)


class PolicyDocument(PolicyVersion):
    """A version with everything it says."""

    document = ma.fields.Dict(keys=ma.fields.String(), required=True)


class ActivePolicy(PolicyDocument):
    """The version that holds now, with everything it says, and the versions before it."""

    earlier = ma.fields.List(ma.fields.Nested(PolicyVersion), required=True)
