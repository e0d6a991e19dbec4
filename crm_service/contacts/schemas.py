"""Shapes of contacts and organizations over HTTP; unknown fields are refused."""

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, OneOf, Regexp

from crm_service.contacts.necessity import Necessary
from crm_service.permissions.schemas import NewPermission, RecordedPermission
from crm_service.policies.vocabulary import SOURCE_KINDS
from crm_service.web.paging import PageQuery

MAX_PERMISSIONS = 100
MAX_ATTRIBUTES = 100
MAX_ATTRIBUTE = 1000

_SCALARS = ["string", "number", "boolean"]
_COUNTRY = Regexp("^[A-Z]{2}$", error="must be two capital letters (ISO 3166-1 alpha-2)")
_LANGUAGE = Regexp("^[a-z]{2}(-[A-Z]{2})?$", error="must be a code such as et or pt-BR (BCP 47)")


def _check_scalar(value: Any) -> None:
    is_scalar = value is None or isinstance(value, str | int | float | bool)
    if not is_scalar or (isinstance(value, str) and len(value) > MAX_ATTRIBUTE):
        raise ma.ValidationError(f"must be a text of at most {MAX_ATTRIBUTE}, a number or a truth")


def _check_count(attributes: dict[str, Any]) -> None:
    if len(attributes) > MAX_ATTRIBUTES:
        raise ma.ValidationError(f"at most {MAX_ATTRIBUTES} attributes")


def _text(longest: int, **options: Any) -> ma.fields.String:
    return ma.fields.String(allow_none=True, validate=Length(max=longest), **options)


def _attributes() -> ma.fields.Dict:
    return ma.fields.Dict(
        keys=ma.fields.String(validate=Length(1, 64)),
        values=ma.fields.Raw(
            allow_none=True,
            validate=_check_scalar,
            metadata={"type": _SCALARS, "maxLength": MAX_ATTRIBUTE},
        ),
        validate=_check_count,
        metadata={
            "description": "only those that the policy declares; null removes one",
            "maxProperties": MAX_ATTRIBUTES,
        },
    )


class SourceOfData(ma.Schema):
    """Where data come from (GDPR Art. 14(2)(f))."""

    kind = ma.fields.String(required=True, validate=OneOf(SOURCE_KINDS))
    reference = _text(500)


class ContactFields(ma.Schema):
    """What may be known about a person; the policy says which of it."""

    phone = _text(64, metadata={"example": "+372 5123 4567"})
    first_name = _text(200)
    last_name = _text(200)
    company = _text(300)
    street = _text(300)
    postal_code = _text(32)
    city = _text(200)
    country = ma.fields.String(allow_none=True, validate=_COUNTRY, metadata={"example": "EE"})
    language = ma.fields.String(allow_none=True, validate=_LANGUAGE, metadata={"example": "et"})
    external_id = _text(200, metadata={"description": "the caller's own id, unique"})
    notes = _text(10_000)
    organization_id = ma.fields.UUID(
        allow_none=True, metadata={"description": "the legal entity that the person represents"}
    )
    added_at = ma.fields.AwareDateTime(
        metadata={"description": "when the person was first known; only ever moves earlier"}
    )
    attributes = _attributes()
    necessary_for = ma.fields.Nested(
        Necessary,
        metadata={"description": "of a restricted person, or after a withdrawal: why all the same"},
    )


class NewContact(ContactFields):
    """Body of POST and PUT."""

    email = ma.fields.String(
        required=True,
        validate=Length(1, 320),
        metadata={"example": "mari@example.com", "format": "email"},
    )
    source = ma.fields.Nested(SourceOfData, required=True)
    permissions = ma.fields.List(
        ma.fields.Nested(NewPermission), validate=Length(max=MAX_PERMISSIONS)
    )


class ContactChange(ContactFields):
    """Body of PATCH: what is absent stays, null empties."""

    email = ma.fields.String(validate=Length(1, 320), metadata={"format": "email"})
    source = ma.fields.Nested(
        SourceOfData, metadata={"description": "where the new knowledge comes from"}
    )


class ContactLookup(ma.Schema):
    """Body of a look-up: an address never stands in a URL."""

    email = ma.fields.String(
        required=True,
        validate=Length(1, 320),
        metadata={"example": "mari@example.com", "format": "email"},
    )


class Contact(ma.Schema):
    """A contact as returned."""

    id = ma.fields.UUID(required=True)
    email = ma.fields.String(required=True)
    phone = ma.fields.String(required=True, allow_none=True)
    first_name = ma.fields.String(required=True, allow_none=True)
    last_name = ma.fields.String(required=True, allow_none=True)
    company = ma.fields.String(required=True, allow_none=True)
    street = ma.fields.String(required=True, allow_none=True)
    postal_code = ma.fields.String(required=True, allow_none=True)
    city = ma.fields.String(required=True, allow_none=True)
    country = ma.fields.String(required=True, allow_none=True)
    language = ma.fields.String(required=True, allow_none=True)
    external_id = ma.fields.String(required=True, allow_none=True)
    notes = ma.fields.String(required=True, allow_none=True)
    organization_id = ma.fields.UUID(required=True, allow_none=True)
    source = ma.fields.Nested(SourceOfData, required=True)
    attributes = _attributes()
    added_at = ma.fields.AwareDateTime(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    updated_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class FieldSource(ma.Schema):
    """Where one field's value comes from."""

    field = ma.fields.String(required=True, metadata={"example": "phone"})
    source = ma.fields.Nested(SourceOfData, required=True)
    recorded_at = ma.fields.AwareDateTime(required=True)


class ContactProvenance(ma.Schema):
    """Where everything that is known of a contact comes from."""

    items = ma.fields.List(ma.fields.Nested(FieldSource), required=True)


class RegisteredContact(Contact):
    """A contact, and what became of the permissions stated with it, in the same order."""

    permissions = ma.fields.List(ma.fields.Nested(RecordedPermission), required=True)


class ContactPage(ma.Schema):
    """A page of contacts."""

    items = ma.fields.List(ma.fields.Nested(Contact), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class ContactFilter(ma.Schema):
    """Contacts by what they have in common; nothing here tells of one person."""

    organization_id = ma.fields.UUID()
    country = ma.fields.String(validate=_COUNTRY)
    language = ma.fields.String(validate=_LANGUAGE)
    source_kind = ma.fields.String(validate=OneOf(SOURCE_KINDS))


class ContactQuery(ContactFilter, PageQuery):
    """Which contacts to list."""

    assigned_to = ma.fields.String(
        validate=Length(1, 63), metadata={"description": "the client manager's label"}
    )


class OrganizationFields(ma.Schema):
    """What may be known about a legal entity."""

    registration_no = _text(64)
    vat_no = _text(64)
    street = _text(300)
    postal_code = _text(32)
    city = _text(200)
    country = ma.fields.String(allow_none=True, validate=_COUNTRY, metadata={"example": "EE"})
    invoice_emails = ma.fields.List(
        ma.fields.String(validate=Length(1, 320)), validate=Length(max=20)
    )


class NewOrganization(OrganizationFields):
    """Body of POST."""

    name = ma.fields.String(required=True, validate=Length(1, 300))


class OrganizationChange(OrganizationFields):
    """Body of PATCH: what is absent stays, null empties."""

    name = ma.fields.String(validate=Length(1, 300))


class Organization(ma.Schema):
    """An organization as returned."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    registration_no = ma.fields.String(required=True, allow_none=True)
    vat_no = ma.fields.String(required=True, allow_none=True)
    street = ma.fields.String(required=True, allow_none=True)
    postal_code = ma.fields.String(required=True, allow_none=True)
    city = ma.fields.String(required=True, allow_none=True)
    country = ma.fields.String(required=True, allow_none=True)
    invoice_emails = ma.fields.List(ma.fields.String(), required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    updated_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class OrganizationPage(ma.Schema):
    """A page of organizations."""

    items = ma.fields.List(ma.fields.Nested(Organization), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)
