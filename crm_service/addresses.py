"""One spelling for every address, and the key under which it is compared (rule 8)."""

import hmac
import re
import unicodedata
import uuid

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from crm_service.errors import Invalid

MAX_EMAIL = 254
MAX_LOCAL = 64

#: Addresses that need no second look: ASCII dot-atom, lower-case LDH domain with a dot.
PLAIN_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)


class InvalidAddress(Invalid):
    """The text is not an address. ``reason``: missing, syntax, too_long or invisible."""

    code = "invalid_address"

    def __init__(self, reason: str) -> None:
        super().__init__(f"this is not a usable address ({reason})", reason=reason)
        self.reason = reason


def normalize_email(address: str) -> str:
    """Return the form in which two spellings of one mailbox are equal.

    Trimmed, NFC, local part lower-cased, domain folded to its IDNA A-label. Raises
    ``InvalidAddress``.
    """
    trimmed = address.strip().lower()
    if _is_plain(trimmed):
        return trimmed
    return _normalize_carefully(address.strip())


def _is_plain(lowered: str) -> bool:
    """Whether the text is an address beyond doubt; written for speed, once an address asked."""
    return (
        PLAIN_EMAIL.fullmatch(lowered) is not None
        and len(lowered) <= MAX_EMAIL
        and lowered.index("@") <= MAX_LOCAL
        # Possibly an A-label, which must be checked.
        and "--" not in lowered
    )


def _normalize_carefully(trimmed: str) -> str:
    if not trimmed:
        raise InvalidAddress("missing")
    if any(unicodedata.category(character) in {"Cf", "Cc", "Zl", "Zp"} for character in trimmed):
        raise InvalidAddress("invisible")
    local, _, domain = trimmed.rpartition("@")
    if len(local) > MAX_LOCAL or len(trimmed) > MAX_EMAIL:
        raise InvalidAddress("too_long" if domain and "@" not in local else "syntax")
    try:
        valid = validate_email(
            unicodedata.normalize("NFC", f"{local}@{domain}"),
            check_deliverability=False,
            globally_deliverable=True,
        )
    except EmailNotValidError:
        raise InvalidAddress("syntax") from None
    folded = unicodedata.normalize("NFC", valid.local_part.lower())
    return f"{folded}@{valid.ascii_domain.lower()}"


def normalize_phone(number: str, region: str | None = None) -> str:
    """Return the number in E.164. Raises ``InvalidAddress``."""
    if not number.strip():
        raise InvalidAddress("missing")
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        raise InvalidAddress("syntax") from None
    if not phonenumbers.is_possible_number(parsed):
        raise InvalidAddress("syntax")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def address_key(pepper: bytes, kind: str, normalized: str) -> uuid.UUID:
    """Return 128 bits of HMAC-SHA256: a key nobody can guess back without the pepper."""
    digest = hmac.digest(pepper, f"{kind}:{normalized}".encode(), "sha256")
    return uuid.UUID(bytes=digest[:16])
