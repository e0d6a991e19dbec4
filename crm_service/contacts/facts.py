"""What a request says about a contact, checked against the policy before anything is stored.

Fields the policy does not list are refused (GDPR Art. 5(1)(c), data minimization), and so is every
custom attribute that it does not declare: special categories and passwords cannot be declared
(clause ee-20, GDPR Art. 9).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_service.addresses import InvalidAddress, address_key, normalize_email, normalize_phone
from crm_service.clock import utcnow
from crm_service.contacts.countries import COUNTRIES
from crm_service.contacts.models import TEXTS
from crm_service.errors import Invalid
from crm_service.policies.document import Policy
from crm_service.policies.vocabulary import is_language

#: The columns of a contact that are plain text, for those who may not see its table.
TEXT_FIELDS = TEXTS

EMAIL = "email"
PHONE = "phone"

#: How far a caller's clock may run ahead.
CLOCK_SKEW = timedelta(minutes=5)

#: No register of contacts is older; and what PostgreSQL stores, Python can read.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where data come from: a kind of the closed list, and the caller's own reference."""

    kind: str
    reference: str | None = None


@dataclass(frozen=True, kw_only=True)
class Necessity:
    """Why data are processed that would otherwise only be stored: a ground, and its reference."""

    basis: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who changes what is known, and where that knowledge comes from.

    ``necessity``: why it is changed although the person's data are restricted, or collecting for
    its purpose was ended.
    """

    actor: str
    source: Source
    necessity: Necessity | None = None
    correlation: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Checked facts: ``columns`` by name and ``attributes``; what is absent was not given."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    added_at: datetime | None = None


def check(
    policy: Policy, given: Mapping[str, Any], *, pepper: bytes, region: str | None = None
) -> Facts:
    """Return the facts in ``given``; ``region`` is the country of a phone number without one.

    Raises ``Invalid`` naming the fields: ``field_not_allowed``, ``undeclared_attribute``,
    ``invalid_address``, ``invalid_country``, ``invalid_language``, ``invalid_added_at``.
    """
    _refuse_unlisted(policy, given)
    columns: dict[str, Any] = {name: trimmed(given[name]) for name in TEXTS if name in given}
    _check_codes(columns)
    if "organization_id" in given:
        columns["organization_id"] = given["organization_id"]
    if EMAIL in given:
        columns |= _email(given[EMAIL], pepper)
    if PHONE in given:
        columns |= _phone(given[PHONE], pepper, columns.get("country") or region)
    return Facts(
        columns=columns,
        attributes=dict(given.get("attributes") or {}),
        added_at=_past(given.get("added_at")),
    )


def email_key(given: str, pepper: bytes) -> uuid.UUID:
    """Return the key of an e-mail address. Raises ``Invalid`` (``invalid_address``)."""
    key: uuid.UUID = _email(given, pepper)["email_key"]
    return key


def _refuse_unlisted(policy: Policy, given: Mapping[str, Any]) -> None:
    named = [name for name in (EMAIL, PHONE, *TEXTS) if given.get(name) is not None]
    unlisted = {
        name: ["the policy does not list this field"]
        for name in named
        if not policy.allows_field(name)
    }
    if unlisted:
        raise Invalid(
            f"the policy does not list: {', '.join(unlisted)}",
            code="field_not_allowed",
            errors=unlisted,
        )
    undeclared = {
        f"attributes.{name}": ["the policy declares no such attribute"]
        for name in given.get("attributes") or {}
        if name not in policy.custom_attributes
    }
    if undeclared:
        raise Invalid(
            "only attributes that the policy declares, with purpose and category, are kept",
            code="undeclared_attribute",
            errors=undeclared,
        )


def trimmed(text: str | None) -> str | None:
    """Return the text without surrounding space, or None where nothing is left."""
    return text.strip() or None if text else None


def _check_codes(columns: Mapping[str, Any]) -> None:
    check_country(columns.get("country"))
    language = columns.get("language")
    if language is not None and not is_language(language):
        raise Invalid(
            "the language is no BCP 47 code",
            code="invalid_language",
            errors={"language": ["must be a BCP 47 code such as et or pt-BR"]},
        )


def check_country(country: str | None) -> None:
    """Raise ``Invalid`` (``invalid_country``) unless the code is one, or None."""
    if country is not None and country not in COUNTRIES:
        raise Invalid(
            "the country is no ISO 3166-1 alpha-2 code",
            code="invalid_country",
            errors={"country": ["must be an ISO 3166-1 alpha-2 code in capitals, e.g. EE"]},
        )


def _email(given: str, pepper: bytes) -> dict[str, Any]:
    try:
        normalized = normalize_email(given)
    except InvalidAddress as error:
        raise _unusable(EMAIL, error) from None
    return {EMAIL: given.strip(), "email_key": address_key(pepper, EMAIL, normalized)}


def _phone(given: str | None, pepper: bytes, region: str | None) -> dict[str, Any]:
    number = trimmed(given)
    if number is None:
        return {PHONE: None, "phone_key": None}
    try:
        normalized = normalize_phone(number, region)
    except InvalidAddress as error:
        raise _unusable(PHONE, error) from None
    return {PHONE: number, "phone_key": address_key(pepper, PHONE, normalized)}


def _unusable(name: str, error: InvalidAddress) -> Invalid:
    return Invalid(
        f"{name} is not a usable address ({error.reason})",
        code=InvalidAddress.code,
        errors={name: [f"not a usable address ({error.reason})"]},
        reason=error.reason,
    )


def _past(added_at: datetime | None) -> datetime | None:
    if added_at is None:
        return None
    now = utcnow()
    if not EARLIEST <= added_at <= now + CLOCK_SKEW:
        raise Invalid(
            "added_at lies in the future or before 1900",
            code="invalid_added_at",
            errors={"added_at": ["must not lie in the future, nor before 1900"]},
        )
    return min(added_at, now)
