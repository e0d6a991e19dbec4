"""Strict JSON, as a property and by example."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_service.web.json_body import MAX_DEPTH, InvalidJson, read_json

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15)
VALUES = st.recursive(
    st.none() | st.booleans() | TEXTS | NUMBERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_whatever_is_strict_json_is_read_as_it_is(value: object) -> None:
    assert read_json(orjson.dumps(value)) == value


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), VALUES)
def test_a_name_given_twice_is_refused(fields: dict[str, object], other: object) -> None:
    twice = next(iter(fields))
    text = f"{json.dumps(fields)[:-1]}, {json.dumps(twice)}: {json.dumps(other)}}}"

    with pytest.raises(InvalidJson, match="twice"):
        read_json(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 9007199254740992}',
        b'{"a": -9007199254740992}',
        b'{"a": 123456789012345678901234567890}',
        b'{"a": 1e300}',
        rb'{"a": "x\u0000"}',
        rb'{"x\u0000": 1}',
        rb'{"a": "\ud800"}',
        b'{"a": "\xff"}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": "x:y", "b": 2}}',
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"[" * 100_000,
        b'{"a": 1,}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_others_would_read_differently_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidJson):
        read_json(text)


def test_the_edges_are_accepted() -> None:
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH

    assert read_json(b'{"a": 9007199254740991, "b": "x:y"}') == {"a": 2**53 - 1, "b": "x:y"}
    assert read_json(rb'{"a": "\\u0000"}') == {"a": "\\u0000"}
    assert isinstance(read_json(deepest), list)
