"""Strict JSON: what PostgreSQL, JavaScript and Python would read differently is refused.

Accepted is I-JSON (RFC 7493): UTF-8, no duplicate names, no number beyond 2^53 - 1; further neither
U+0000 (no text column can hold it) nor nesting deeper than 32.
"""

import json
from typing import Any

import orjson
from flask.json.provider import JSONProvider

from crm_service.errors import Invalid

MAX_DEPTH = 32
MAX_NUMBER = 2**53 - 1


class InvalidJson(Invalid):
    """The text is not JSON that this service takes; the message says why, never what was sent."""

    code = "invalid_json"


def read_json(text: bytes) -> Any:
    """Return the value of strict JSON ``text``. Raises ``InvalidJson``."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidJson(
            f"this is not valid JSON (line {error.lineno}, column {error.colno})"
        ) from None
    names = _inspect(value)
    # Each name has one colon. Fewer names than colons: a colon in a text, or a duplicate name.
    if text.count(b":") != names:
        _refuse_duplicates(text)
    return value


def _inspect(value: Any) -> int:
    """Refuse what is out of bounds; return how many names all objects have."""
    names = 0
    level = [value]
    for depth in range(MAX_DEPTH + 1):
        deeper: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str:
                _inspect_text(item)
            elif kind is dict:
                names += len(item)
                deeper.extend(item)
                deeper.extend(item.values())
            elif kind is list:
                deeper.extend(item)
            elif kind is not bool and item is not None and not -MAX_NUMBER <= item <= MAX_NUMBER:
                raise InvalidJson("numbers of 2^53 and more are not accepted; send text")
        if depth == MAX_DEPTH and any(type(item) in {dict, list} for item in level):
            raise InvalidJson(f"nested deeper than {MAX_DEPTH} levels")
        level = deeper
    return names


def _inspect_text(text: str) -> None:
    if "\x00" in text:
        raise InvalidJson("the character U+0000 is not accepted")


def _refuse_duplicates(text: bytes) -> None:
    json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise InvalidJson("an object has the same name twice")


class FastJson(JSONProvider):
    """What Flask writes JSON with; UUIDs and times as RFC 9562 and RFC 3339 spell them."""

    def dumps(self, obj: Any, **options: Any) -> str:
        """Return ``obj`` as JSON text."""
        del options
        return orjson.dumps(obj, option=orjson.OPT_UTC_Z).decode()

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """Read JSON text."""
        del options
        return orjson.loads(s)
