"""Shapes of API keys over HTTP."""

import marshmallow as ma

from crm_service.web.moments import Moment
from crm_service.web.paging import PageQuery
from crm_service.web.principal import SCOPES


class NewKey(ma.Schema):
    """What a key is made from."""

    name = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "what the key is for", "example": "campaign tool"},
    )
    scopes = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(SCOPES)),
        required=True,
        validate=ma.validate.Length(1, len(SCOPES)),
        metadata={"example": ["contacts:read", "eligibility:check"]},
    )
    client_manager = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, 63),
        metadata={
            "description": "a label: the key sees the contacts assigned to this client manager",
            "example": None,
        },
    )
    expires_at = Moment(
        load_default=None, allow_none=True, metadata={"example": "2030-01-01T00:00:00Z"}
    )


class Key(ma.Schema):
    """A key as it is listed: never its secret."""

    id = ma.fields.UUID(required=True)
    prefix = ma.fields.String(required=True)
    name = ma.fields.String(required=True, metadata={"example": "campaign tool"})
    scopes = ma.fields.List(ma.fields.String(), required=True)
    origins = ma.fields.List(
        ma.fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "of a key for browsers: where it works", "example": None},
    )
    client_manager = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "whose assigned contacts alone it sees", "example": None},
    )
    created_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    revoked_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    last_used_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class IssuedKey(Key):
    """A new key, with the text that is shown this once."""

    key = ma.fields.String(required=True, metadata={"description": "keep it; shown only now"})


class KeyPage(ma.Schema):
    """A page of keys."""

    items = ma.fields.List(ma.fields.Nested(Key), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class KeyQuery(PageQuery):
    """Paging of keys."""
