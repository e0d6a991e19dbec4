"""Reading a token out of what mail software left of a link.

Upper-cased URLs, sentence punctuation and brackets taken along, spaces, a slash, one percent
encoding too many, quoted-printable soft breaks and escapes that nobody undid: each was seen on real
links, and a person who wants to leave must not fail on one. Mending only proposes spellings; the
token's MAC decides, so none of this can turn a wrong token into a right one.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from crm_service.unsubscribe.base32 import ALPHABET

TOKEN_CHARACTERS = 72
#: A token that was percent-encoded three times over still fits; nothing longer is looked at.
MAX_CHARACTERS = 1000
_MAX_ENCODINGS = 3

_PLAIN = re.compile(rf"[{ALPHABET}]{{{TOKEN_CHARACTERS}}}")
_RUN = re.compile(rf"(?<![{ALPHABET}]){_PLAIN.pattern}(?![{ALPHABET}])")
_FOREIGN = re.compile(rf"[^{ALPHABET}]+")
_SOFT_BREAK = re.compile(r"=\s+")
_QUOTED_PRINTABLE = re.compile(r"=[0-9a-f]{2}")


def candidates(text: str) -> Iterator[str]:
    """Yield the spellings that ``text`` may stand for, each 72 base32 characters, likeliest first.

    A soft break that lost its line end (``=`` before ``3d``) looks like an escape (``=3d``): both
    readings are proposed.
    """
    if _PLAIN.fullmatch(text):
        yield text
    elif len(text) <= MAX_CHARACTERS:
        yield from _mended(_decoded(text).lower())


def _mended(text: str) -> Iterator[str]:
    if run := _RUN.search(text):
        yield run[0]
    joined = _SOFT_BREAK.sub("", text)
    for reading in (_QUOTED_PRINTABLE.sub("", joined), joined):
        bare = _FOREIGN.sub("", reading)
        if len(bare) == TOKEN_CHARACTERS:
            yield bare


def _decoded(text: str) -> str:
    for _ in range(_MAX_ENCODINGS):
        once = unquote(text)
        if once == text:
            break
        text = once
    return text
