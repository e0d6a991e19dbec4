"""HTTP for the hashed entries of partners' lists."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.addresses import normalize_email
from crm_service.audit import service as audit
from crm_service.db import pipeline
from crm_service.errors import Invalid
from crm_service.suppression import hashed_listing as lists
from crm_service.suppression.hashed import ALGORITHMS, read_digest
from crm_service.suppression.schemas import Lift, Scope
from crm_service.suppression.service import REASONS
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.paging import PageQuery

blp = Blueprint(
    "hashed_suppressions",
    __name__,
    url_prefix="/v1/suppressions/hashed",
    description="Hashed addresses of partners' lists, which wait for a contact who bears them",
)

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class HashedShape(ma.Schema):
    """An entry of a hashed list."""

    algorithm = fields.String(required=True, validate=validate.OneOf(ALGORITHMS))
    hash = fields.String(required=True, metadata={"example": _HASH})
    scope = Scope(required=True, metadata={"example": "marketing"})
    reason = fields.String(required=True)
    source = fields.String(required=True, metadata={"example": "partner list"})
    suppressed_at = fields.AwareDateTime(required=True)
    created_at = fields.AwareDateTime(required=True)


class HashedPage(ma.Schema):
    """A page of entries, the oldest first."""

    items = fields.List(fields.Nested(HashedShape), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class HashedQuery(PageQuery):
    """Paging of entries, with a filter."""

    reason = fields.String(load_default=None, validate=validate.OneOf(REASONS))


class HashedLift(Lift):
    """Which entries are lifted, and why: those of one hash, or of one address."""

    hash = fields.String(
        validate=validate.Length(32, 64),
        metadata={"description": "SHA-256 or MD5 in hexadecimal", "example": _HASH},
    )
    email = fields.String(validate=validate.Length(1, 320))
    reason = fields.String(load_default=None, validate=validate.OneOf(REASONS))

    @ma.validates_schema
    def one_address(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse none, or both."""
        if len({"hash", "email"} & data.keys()) != 1:
            raise ma.ValidationError("give either hash or email", "hash")


class Lifted(ma.Schema):
    """How many entries were lifted."""

    lifted = fields.Integer(required=True)


@blp.get("")
@requires("suppressions:read")
@blp.arguments(HashedQuery, location="query")
@blp.response(200, HashedPage)
def list_hashed(query: dict[str, Any]) -> dict[str, Any]:
    """List the hashed entries. One that turned out to be a contact's is an ordinary block now."""
    caller, limit = principal(), query["limit"]
    after = paging.after(query["cursor"])
    with pipeline(caller.controller_id) as connection:
        found = lists.page(
            connection,
            caller.controller_id,
            after=after,
            limit=limit + 1,
            reason=query["reason"],
        )
        audit.record(
            connection,
            caller.controller_id,
            actor=caller.actor,
            action="suppressions.list_hashed",
            count=min(len(found), limit),
        )
    seen = found[:limit]
    more = len(found) > limit
    cursor = paging.cursor_at(lists.place(after, seen)) if more else None
    return {"items": [vars(one) for one in seen], "next_cursor": cursor}


@blp.post("/lift")
@requires("suppressions:lift")
@blp.arguments(HashedLift)
@blp.response(200, Lifted)
def lift_hashed(given: dict[str, Any]) -> dict[str, Any]:
    """Take an address off partners' lists, for a written reason; complaints and objections stay.

    A list imported again later puts it on again.
    """
    caller = principal()
    digests = _digests(given)
    with pipeline(caller.controller_id) as connection:
        lifted = lists.lift(
            connection,
            caller.controller_id,
            digests=digests,
            reason=given["reason"],
            justification=given["justification"],
            lifted_by=caller.actor,
        )
        audit.record(
            connection,
            caller.controller_id,
            actor=caller.actor,
            action="suppressions.lift_hashed",
            count=lifted,
            details={"reason": given["reason"]},
        )
    return {"lifted": lifted}


def _digests(given: dict[str, Any]) -> list[bytes]:
    if "email" in given:
        return lists.digests_of(normalize_email(given["email"]))
    found = read_digest(given["hash"])
    if found is None:
        message = "must be a SHA-256 or MD5 hash in hexadecimal"
        raise Invalid(message, code="invalid_hash", errors={"hash": [message]})
    return [found[1]]
