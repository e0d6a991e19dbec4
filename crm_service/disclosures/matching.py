"""Customer lists as advertising platforms ask for them: normalized, then SHA-256 in lower-case hex.

Meta: "Hashing and normalization" of customer information for Custom Audiences. Google: "Format user
data" of the Data Manager API and "Formatting guidelines for uploading hashed data" of Customer
Match, where country and postal code stay plain. Clause ee-04.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from crm_service.addresses import InvalidAddress, normalize_email

#: Texts; what is not known is an empty one.
Column = Sequence[str]
Normalize = Callable[[str], str]

_GOOGLE_MAIL = ("gmail.com", "googlemail.com")
_US_ZIP = 5
#: Google matches a postal address by all four of these, or not at all.
_GOOGLE_ADDRESS = ("First Name", "Last Name", "Country", "Zip")


def _email(address: str) -> str:
    try:
        return normalize_email(address)
    except InvalidAddress:  # taken under earlier rules
        return ""


def _google_email(address: str) -> str:
    """Return the address as Google knows it: its own addresses without dots and suffixes."""
    local, _, domain = _email(address).rpartition("@")
    if domain in _GOOGLE_MAIL:
        local = local.partition("+")[0].replace(".", "")
    return f"{local}@{domain}" if local else ""


def _digits(number: str) -> str:
    return number.lstrip("+0")


def _plain(number: str) -> str:
    return number


def _name(text: str) -> str:
    """Return a name in lower case, without punctuation and symbols."""
    folded = unicodedata.normalize("NFC", text.lower())
    return " ".join("".join(c for c in folded if unicodedata.category(c)[0] not in "PS").split())


def _place(text: str) -> str:
    """Return a city in lower case, without punctuation, symbols and space."""
    return _name(text).replace(" ", "")


def _zip(text: str) -> str:
    return text.lower().replace(" ", "").replace("-", "")


def _lower(text: str) -> str:
    return text.strip().lower()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _hashed(normalize: Normalize) -> Callable[[Column], Column]:
    """Return what hashes a column; names and places repeat, so each is hashed once."""

    def hashed(column: Column) -> Column:
        normal = {cell: normalize(cell) for cell in set(column) if cell}
        digests = {cell: _sha256(text) for cell, text in normal.items() if text}
        return [digests.get(cell, "") for cell in column]

    return hashed


_META = {
    "email": ("email", _hashed(_email)),
    "phone": ("phone", _hashed(_digits)),
    "first_name": ("fn", _hashed(_name)),
    "last_name": ("ln", _hashed(_name)),
    "city": ("ct", _hashed(_place)),
    "postal_code": ("zip", _hashed(_zip)),
    "country": ("country", _hashed(_lower)),
}
_GOOGLE = {
    "email": ("Email", _hashed(_google_email)),
    "phone": ("Phone", _hashed(_plain)),
    "first_name": ("First Name", _hashed(_lower)),
    "last_name": ("Last Name", _hashed(_lower)),
    "country": ("Country", lambda column: column),
    "postal_code": ("Zip", lambda column: [cell.strip() for cell in column]),
}
#: Fields that each platform compares, in the order of its columns.
FIELDS = {"meta": tuple(_META), "google": tuple(_GOOGLE)}


def columns(platform: str, fields: Mapping[str, Column]) -> dict[str, Column]:
    """Return the platform's columns of the fields given, by the names of its headers."""
    known = _META if platform == "meta" else _GOOGLE
    made = {header: make(fields[name]) for name, (header, make) in known.items() if name in fields}
    if platform == "meta" and "postal_code" in fields and "country" in fields:
        made["zip"] = _american(fields, made["zip"])
    return _whole_addresses(made) if platform == "google" else made


def _american(fields: Mapping[str, Column], zips: Column) -> Column:
    """Return the postal codes with those of the United States cut to five digits."""
    given = zip(fields["postal_code"], fields["country"], zips, strict=True)
    return [
        _sha256(_zip(code)[:_US_ZIP]) if code and country == "US" else digest
        for code, country, digest in given
    ]


def _whole_addresses(made: dict[str, Column]) -> dict[str, Column]:
    """Leave out what Google cannot use: a postal address that is not whole."""
    if not made.keys() >= set(_GOOGLE_ADDRESS):
        return {name: column for name, column in made.items() if name not in _GOOGLE_ADDRESS}
    whole = [all(parts) for parts in zip(*(made[name] for name in _GOOGLE_ADDRESS), strict=True)]
    for name in _GOOGLE_ADDRESS:
        pairs = zip(made[name], whole, strict=True)
        made[name] = [cell if is_whole else "" for cell, is_whole in pairs]
    return made


def matchable(made: Mapping[str, Column]) -> list[bool]:
    """Tell for each person whether there is anything to find them by: an address or a number."""
    found = [made[name] for name in ("email", "Email", "phone", "Phone") if name in made]
    return [any(cells) for cells in zip(*found, strict=True)]
