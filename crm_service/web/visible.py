"""Refusing invisible characters in the fields of a body, by the field's name.

A text that may be longer than a line holds line breaks and tabs. Addresses are left to those who
normalize them: they say ``invalid_address``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import marshmallow as ma

from crm_service.invisible import IN_LINE, IN_TEXT, LINE_LENGTH, MESSAGE_LINE, MESSAGE_TEXT

_ADDRESSES = frozenset({"email", "emails", "phone", "phones", "number", "invoice_emails"})
#: In a body without any of these bytes nothing is hidden: no escape, DEL, C1 or direction.
_SUSPECT = re.compile(rb"\\|\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]")

Found = Iterator[tuple[str, str]]


def hidden(schema: ma.Schema, body: Mapping[str, Any], text: bytes) -> dict[str, list[str]]:
    """Return what is wrong by field; ``text`` is the body as it was sent."""
    if not _SUSPECT.search(text):
        return {}
    return {path: [message] for path, message in _in_object(schema, body, "")}


def _in_object(schema: ma.Schema, value: Any, path: str) -> Found:
    if not isinstance(value, Mapping):
        return
    for name, field in schema.load_fields.items():
        if name in value and name not in _ADDRESSES:
            yield from _in_field(field, value[name], f"{path}{name}")


def _in_field(field: ma.fields.Field[Any], value: Any, path: str) -> Found:
    if isinstance(field, ma.fields.Nested):
        for one, step in _members(value, path):
            yield from _in_object(field.schema, one, f"{step}.")
    elif isinstance(field, ma.fields.List):
        for one, step in _members(value, path):
            yield from _in_field(field.inner, one, step)
    elif isinstance(field, ma.fields.Dict) and isinstance(value, Mapping):
        for name, one in value.items():
            yield from _in_text(one, f"{path}.{name}", is_line=True)
    elif isinstance(field, ma.fields.String):
        yield from _in_text(value, path, is_line=_longest(field) <= LINE_LENGTH)


def _members(value: Any, path: str) -> Iterator[tuple[Any, str]]:
    if isinstance(value, list):
        yield from ((one, f"{path}.{place}") for place, one in enumerate(value))
    else:
        yield value, path


def _in_text(value: Any, path: str, *, is_line: bool) -> Found:
    if isinstance(value, str) and (IN_LINE if is_line else IN_TEXT).search(value):
        yield path, MESSAGE_LINE if is_line else MESSAGE_TEXT


def _longest(field: ma.fields.Field[Any]) -> float:
    """Return how long the text may be."""
    for validate in field.validators:
        if isinstance(validate, ma.validate.Length) and (validate.max or validate.equal):
            return validate.max or validate.equal or 0
    return float("inf")
