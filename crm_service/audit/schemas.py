"""Shapes of audit entries over HTTP."""

import marshmallow as ma

from crm_service.web.paging import PageQuery


class AuditQuery(PageQuery):
    """Which entries."""

    subject_id = ma.fields.UUID(
        load_default=None, metadata={"description": "entries about one person (a contact's id)"}
    )
    action = ma.fields.String(
        load_default=None,
        validate=ma.validate.Regexp(r"^[a-z_.]{1,64}\Z"),
        metadata={"description": "`<room>.<verb>`", "example": "contacts.read"},
    )


class AuditEntry(ma.Schema):
    """Who read or wrote what about whom; holds no personal data itself."""

    id = ma.fields.UUID(required=True)
    recorded_at = ma.fields.AwareDateTime(required=True)
    actor = ma.fields.String(
        required=True,
        metadata={"description": "`key:<id>`, `recipient`, `operator:<command>` or `worker`"},
    )
    action = ma.fields.String(required=True, metadata={"example": "contacts.read"})
    purpose = ma.fields.String(required=True, allow_none=True)
    subject_id = ma.fields.UUID(required=True, allow_none=True)
    fields_ = ma.fields.List(
        ma.fields.String(),
        required=True,
        data_key="fields",
        metadata={"description": "names of the fields read or written"},
    )
    count = ma.fields.Integer(
        required=True, metadata={"description": "how many people a bulk call was about"}
    )
    details = ma.fields.Dict(required=True, metadata={"description": "ids, codes and digests"})
    digest = ma.fields.String(
        required=True, metadata={"description": "SHA-256 of the entry, as its seal vouches for it"}
    )


class AuditPage(ma.Schema):
    """A page of audit entries, the newest first."""

    items = ma.fields.List(ma.fields.Nested(AuditEntry), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)
