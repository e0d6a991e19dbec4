"""Phone numbers in bulk: the same answers as ``addresses.normalize_phone``, mostly a lot sooner.

A number written with its country code needs no grammar unless it begins like one that carries a
national prefix; only its length is checked against the country's. Everything else goes the careful
way.
"""

import re
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata

from crm_service.addresses import normalize_phone

_INTERNATIONAL = re.compile(r"\+[1-9][0-9]*(?:[ ./-]?[0-9]+)*")
_SEPARATORS = str.maketrans("", "", " ./-")
_LONGEST_CODE = 3


def normalize(number: str, region: str | None) -> str:
    """Return the number in E.164; ``region`` is the country of a number without its code.

    Raises ``InvalidAddress``.
    """
    if _INTERNATIONAL.fullmatch(number):
        plain = number.translate(_SEPARATORS)
        code, lengths, prefix = _plan(plain[1 : 1 + _LONGEST_CODE])
        national = plain[1 + code :]
        if len(national) in lengths and national[0] != "0" and not _matches(prefix, national):
            return plain
    return normalize_phone(number, region)


def _matches(prefix: re.Pattern[str] | None, national: str) -> bool:
    return prefix is not None and prefix.match(national) is not None


@cache
def _plan(digits: str) -> tuple[int, frozenset[int], re.Pattern[str] | None]:
    """Return the length of the country code, the lengths behind it, and the national prefix."""
    for length in range(1, _LONGEST_CODE + 1):
        code = int(digits[:length])
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            metadata = PhoneMetadata.metadata_for_region_or_calling_code(
                code, phonenumbers.region_code_for_country_code(code)
            )
            if metadata is None or metadata.general_desc is None:
                break
            prefix = metadata.national_prefix_for_parsing
            return (
                length,
                frozenset(metadata.general_desc.possible_length),
                re.compile(prefix) if prefix else None,
            )
    return 0, frozenset(), None
