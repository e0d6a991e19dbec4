"""Shapes of recipients and disclosures over HTTP."""

from typing import Any

import marshmallow as ma

from crm_service.contacts.facts import check_country
from crm_service.errors import Invalid
from crm_service.policies.disclosure import GROUNDS
from crm_service.policies.vocabulary import CONTACT_FIELDS
from crm_service.recipients.judging import KINDS
from crm_service.web.booleans import JsonBoolean
from crm_service.web.paging import PageQuery

MAX_PEOPLE = 1000
_SLUG = r"^[a-z0-9][a-z0-9_-]{0,62}\Z"


def _text(longest: int = 500, **options: Any) -> ma.fields.String:
    return ma.fields.String(validate=ma.validate.Length(1, longest), **options)


def _texts(**options: Any) -> "ma.fields.List[str]":
    return ma.fields.List(_text(200), validate=ma.validate.Length(max=50), **options)


def _country(code: str) -> None:
    try:
        check_country(code)
    except Invalid:
        raise ma.ValidationError("must be an ISO 3166-1 code in capitals, e.g. EE") from None


class RecipientChange(ma.Schema):
    """What to replace; what is left out stays. ``ended``: nothing goes there from now on."""

    name = _text()
    country = ma.fields.String(validate=_country, metadata={"example": "EE"})
    stores_elsewhere = JsonBoolean()
    contract = _text(metadata={"example": "DPA 2026/114"})
    confidentiality = _text(metadata={"example": "NDA 2026/12"})
    categories = _texts(metadata={"example": ["identity", "contact"]})
    purposes = _texts(metadata={"example": ["marketing"]})
    ended = JsonBoolean(load_default=False, metadata={"example": False})


class NewRecipient(ma.Schema):
    """Who receives data, and what was signed (GDPR Art. 28 and 30)."""

    slug = ma.fields.String(
        required=True, validate=ma.validate.Regexp(_SLUG), metadata={"example": "mailhouse"}
    )
    name = _text(required=True, metadata={"example": "Mailhouse OÜ"})
    kind = ma.fields.String(
        required=True, validate=ma.validate.OneOf(KINDS), metadata={"example": "processor"}
    )
    country = ma.fields.String(
        required=True,
        validate=_country,
        metadata={"description": "where it processes the data", "example": "EE"},
    )
    is_international_organization = JsonBoolean(load_default=False)
    stores_elsewhere = JsonBoolean(
        load_default=False,
        metadata={"description": "data are kept on servers that are not the controller's own"},
    )
    contract = _text(load_default=None, metadata={"example": "DPA 2026/114"})
    confidentiality = _text(load_default=None, metadata={"example": "NDA 2026/12"})
    categories = _texts(load_default=list, metadata={"example": ["identity", "contact"]})
    purposes = _texts(load_default=list, metadata={"example": ["marketing"]})


class RecipientShape(ma.Schema):
    """A recipient as the register has it."""

    id = ma.fields.UUID(required=True)
    slug = ma.fields.String(required=True, metadata={"example": "mailhouse"})
    name = ma.fields.String(required=True, metadata={"example": "Mailhouse OÜ"})
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    country = ma.fields.String(required=True, metadata={"example": "EE"})
    is_international_organization = ma.fields.Boolean(required=True)
    stores_elsewhere = ma.fields.Boolean(required=True)
    contract = ma.fields.String(required=True, allow_none=True)
    confidentiality = ma.fields.String(
        required=True, allow_none=True, metadata={"example": "NDA 2026/12"}
    )
    categories = ma.fields.List(ma.fields.String(), required=True)
    purposes = ma.fields.List(ma.fields.String(), required=True)
    ended_at = ma.fields.AwareDateTime(required=True, allow_none=True, metadata={"example": None})
    created_at = ma.fields.AwareDateTime(required=True)


class RecipientQuery(PageQuery):
    """Which recipients to list."""

    ended = ma.fields.Boolean(
        load_default=False, metadata={"description": "also those that receive nothing any more"}
    )


class RecipientPage(ma.Schema):
    """A page of recipients."""

    items = ma.fields.List(ma.fields.Nested(RecipientShape), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class NewDisclosure(ma.Schema):
    """Which fields of whom go to a recipient, and on what ground."""

    recipient = ma.fields.String(required=True, metadata={"example": "mailhouse"})
    contact_ids = ma.fields.List(
        ma.fields.UUID(), required=True, validate=ma.validate.Length(1, MAX_PEOPLE)
    )
    # Schema has an attribute of the name itself.
    names = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(CONTACT_FIELDS)),
        data_key="fields",
        required=True,
        validate=ma.validate.Length(1),
        metadata={"example": ["email", "first_name"]},
    )
    ground = ma.fields.String(
        required=True, validate=ma.validate.OneOf(GROUNDS), metadata={"example": "processor"}
    )
    reference = _text(
        load_default=None,
        metadata={"description": "the law, agreement or case", "example": "order 2026/17"},
    )
    need = _text(
        2000,
        load_default=None,
        metadata={"description": "why; write no names", "example": "prints the labels"},
    )
    purpose = _text(load_default=None, metadata={"example": "marketing"})


class HandedOut(ma.Schema):
    """The fields of one person."""

    contact_id = ma.fields.UUID(required=True)
    values = ma.fields.Dict(
        keys=ma.fields.String(),
        data_key="fields",
        required=True,
        metadata={"example": {"first_name": "Mari"}},
    )


class Disclosed(ma.Schema):
    """What was handed out: pass it on, and nothing else."""

    id = ma.fields.UUID(required=True)
    items = ma.fields.List(ma.fields.Nested(HandedOut), required=True)


class DisclosureShape(ma.Schema):
    """A disclosure on record; whose data went out, each person's own access answer says."""

    id = ma.fields.UUID(required=True)
    recipient = ma.fields.String(required=True, metadata={"example": "mailhouse"})
    ground = ma.fields.String(required=True, validate=ma.validate.OneOf(GROUNDS))
    reference = ma.fields.String(
        required=True, allow_none=True, metadata={"example": "order 2026/17"}
    )
    need = ma.fields.String(
        required=True, allow_none=True, metadata={"example": "prints the labels"}
    )
    purpose = ma.fields.String(required=True, allow_none=True)
    names = ma.fields.List(ma.fields.String(), attribute="fields", data_key="fields", required=True)
    count = ma.fields.Integer(required=True)
    actor = ma.fields.String(required=True)
    disclosed_at = ma.fields.AwareDateTime(required=True)


class DisclosurePage(ma.Schema):
    """A page of disclosures, the newest first."""

    items = ma.fields.List(ma.fields.Nested(DisclosureShape), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class ProcessingRecord(ma.Schema):
    """The record of processing activities (GDPR Art. 30(1))."""

    generated_at = ma.fields.AwareDateTime(required=True)
    controller = ma.fields.String(required=True, metadata={"example": "Example OÜ"})
    policy = ma.fields.Dict(required=True, metadata={"example": {"name": "example", "version": 3}})
    authority = ma.fields.String(required=True, metadata={"example": "Andmekaitse Inspektsioon"})
    processing = ma.fields.List(
        ma.fields.Dict(),
        required=True,
        metadata={"example": [{"purpose": "marketing", "legal_bases": ["consent"]}]},
    )
    categories_of_data = ma.fields.Dict(
        required=True, metadata={"example": {"contact_fields": ["email"]}}
    )
    recipients = ma.fields.List(
        ma.fields.Dict(),
        required=True,
        metadata={"example": [{"recipient": "mailhouse", "country": "EE"}]},
    )
    safeguards = ma.fields.List(ma.fields.String(), required=True, metadata={"example": []})
