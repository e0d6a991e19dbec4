"""Reading what providers send: nothing in it has to be of the type that they document.

Every reader returns a value that can be stored (no U+0000, no half of a character, no endless
text) or None; none of them raises for a wrong type.
"""

import base64
import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from crm_service.engagement.providers.delivery import BadEvent, Unreadable

#: What is kept of a text, in characters.
SHORT, LONG = 200, 2000
_MOST_TAGS = 50

#: No provider is older, and Python and PostgreSQL can both hold what lies between.
_EARLIEST, _LATEST = 0.0, 253402200000.0
#: A number of seconds beyond this is one of milliseconds: as seconds it is the year 5138.
_MILLISECONDS = 1e11

_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Fields:
    """One JSON object, or what came where an object was expected."""

    def __init__(self, value: Any) -> None:
        self.mapping: Mapping[str, Any] = value if isinstance(value, Mapping) else {}

    def text(self, *names: str, limit: int = LONG) -> str | None:
        """Return the first of these that says something, as clean text of at most ``limit``."""
        for name in names:
            found = clean(self.mapping.get(name), limit)
            if found:
                return found
        return None

    def inner(self, name: str) -> "Fields":
        """Return the object under this name; one without fields if there is none."""
        return Fields(self.mapping.get(name))

    def objects(self, name: str) -> "list[Fields]":
        """Return the objects of the list under this name."""
        return [Fields(item) for item in self.list(name) if isinstance(item, Mapping)]

    def list(self, name: str) -> list[Any]:
        """Return the list under this name; an empty one if there is none."""
        value = self.mapping.get(name)
        return value if isinstance(value, list) else []

    def is_true(self, name: str) -> bool:
        """Tell whether there is a plain ``true`` under this name."""
        return self.mapping.get(name) is True

    def time(self, *names: str) -> datetime | None:
        """Return the first of these times: RFC 3339, seconds or milliseconds since 1970.

        Raises ``BadEvent`` for one outside the calendar; None where there is none at all.
        """
        for name in names:
            value = self.mapping.get(name)
            if value not in (None, ""):
                return moment(value)
        return None

    def tags(self, *names: str) -> tuple[str, ...]:
        """Return the first of these that has tags, be it a list or a text."""
        for name in names:
            value = self.mapping.get(name)
            listed = value if isinstance(value, list) else [value]
            kept = [tag for item in listed[:_MOST_TAGS] if (tag := clean(item, SHORT))]
            if kept:
                return tuple(kept)
        return ()

    def texts(self, name: str) -> dict[str, str]:
        """Return the object under this name, or that its JSON text holds, as texts by name."""
        value = self.mapping.get(name)
        if isinstance(value, str):
            value = read_json_or_none(value)
        return as_texts(value)


def as_texts(value: Any) -> dict[str, str]:
    """Return an object's fields as texts by name; {} for anything else."""
    if not isinstance(value, Mapping):
        return {}
    return dict(_texts(value))


def _texts(value: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    for name, item in list(value.items())[:_MOST_TAGS]:
        known, text = clean(name, SHORT), clean(item, LONG)
        if known and text is not None:
            yield known, text


def clean(value: Any, limit: int) -> str | None:
    """Return text as it may be stored; numbers and truths as JSON spells them; else None."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)[:limit]
    if isinstance(value, Mapping | list):
        value = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    if not isinstance(value, str):
        return None
    return _UNWANTED.sub("", value[: 2 * limit]).strip()[:limit]


def moment(value: Any) -> datetime:
    """Return the time that this says. Raises ``BadEvent``."""
    try:
        if isinstance(value, str) and not _is_number(value):
            stated = datetime.fromisoformat(value)
            return (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).astimezone(UTC)
        seconds = float(value)
        seconds = seconds / 1000 if seconds > _MILLISECONDS else seconds
        if not (math.isfinite(seconds) and _EARLIEST <= seconds <= _LATEST):
            raise BadEvent("the time lies outside the calendar", code="invalid_time")
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, TypeError, OverflowError):
        raise BadEvent("the time cannot be read", code="invalid_time") from None


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,9})?", text) is not None


def address(value: Any) -> str | None:
    """Return the address in ``mari@example.com`` or ``Mari <mari@example.com>``."""
    text = clean(value, 500)
    if not text:
        return None
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1].strip()
    return text or None


def unpack(text: str) -> bytes:
    """Return what base64 says. Raises ``ValueError`` for any but its one spelling."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 that is padded beyond its end")
    return data


def read_json(body: bytes) -> Any:
    """Return the value of a provider's JSON. Raises ``Unreadable``."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _read_leniently(body)


def _read_leniently(body: bytes) -> Any:
    """Return what Python's reader makes of JSON that ours refuses.

    Half a character in one event of a batch (a subject that was cut off) must not lose the others.
    """
    try:
        value = json.loads(body.decode("utf-8", "replace"), parse_constant=str)
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Unreadable("the body is not valid JSON") from None


def read_json_or_none(text: str) -> Any:
    """Return the value of JSON within JSON, None if it is none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
