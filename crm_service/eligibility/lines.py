"""Lines of a stream to addresses and back, at the speed of bytes.

Most lines are a plain address in quotes: nothing of them is decoded, and each is repeated in its
result as it came. All others are read as JSON. A test holds the results equal to a call's.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from crm_service.addresses import MAX_LOCAL, PLAIN_EMAIL
from crm_service.eligibility import batches
from crm_service.eligibility.asking import MAX_TEXT
from crm_service.eligibility.inquiry import array
from crm_service.eligibility.verdicts import KEY_BYTES, Verdicts
from crm_service.keyed_hash import keyed_hash

_PLAIN = re.compile(b'"' + PLAIN_EMAIL.pattern.encode() + b'"')
#: No part of so short a line is longer than an address allows; A-labels need a second look.
_SHORT = MAX_LOCAL
_LABEL_OF_ITS_OWN = b"--"
_JSON_SPACE = b" \t\r\n"

Keys = list[bytes | None]


@dataclass(frozen=True)
class Lines:
    """Lines with their keys: ``given`` is each address as JSON; no address has the key None.

    ``distinct`` are the keys to look up, and ``as_array`` the same as PostgreSQL reads them.
    """

    given: list[bytes]
    keys: Keys
    distinct: set[bytes]
    as_array: str

    def texts(self) -> list[str]:
        """Return the addresses as they were given."""
        return [orjson.loads(text) for text in self.given]


def prepared(batched: Iterable[list[bytes]], name: str, pepper: bytes) -> Iterator[Lines]:
    """Yield batches of lines with their keys made; ``name`` is email or phone."""
    slow = batches.email_keys if name == "email" else batches.phone_keys
    digest = keyed_hash(pepper, b"email:") if name == "email" else None
    for batch in batched:
        given, keys = _keys(batch, digest, lambda texts: slow(pepper, texts))
        distinct = {key for key in keys if key is not None}
        yield Lines(given, keys, distinct, array(distinct))


def _keys(
    batch: Sequence[bytes],
    digest: Callable[[bytes], bytes] | None,
    slow: Callable[[Sequence[str]], Keys],
) -> tuple[list[bytes], Keys]:
    given: list[bytes] = []
    keys: Keys = []
    is_plain = _PLAIN.fullmatch
    for raw in batch:
        line = raw.strip(_JSON_SPACE)
        if (
            digest is not None
            and len(line) <= _SHORT
            and is_plain(line)
            and _LABEL_OF_ITS_OWN not in line
        ):
            given.append(line)
            keys.append(digest(line[1:-1])[:KEY_BYTES])
        else:
            text = _address(line)
            given.append(orjson.dumps(text))
            keys += slow([text])
    return given, keys


def _address(line: bytes) -> str:
    """Return the address of a line: a JSON string, or an object with ``email`` or ``phone``.

    A line that is neither becomes an empty text, which is answered with ``invalid_address``.
    """
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ""
    if isinstance(value, dict):
        value = value.get("email", value.get("phone"))
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def results(name: str, lines: Lines, verdicts: Verdicts) -> tuple[bytes, int]:
    """Return one result line for each line, and how many of them are a yes."""
    head = f'{{"{name}":'.encode()
    tails = {basis: _tail(batches.permission(basis), head) for basis in verdicts.bases}
    refusals = _Refusals(verdicts, head)
    bases = [verdicts.basis.get(key) if key else None for key in lines.keys]
    pairs = zip(bases, lines.keys, strict=True)
    ends = [refusals.tail(key) if basis is None else tails[basis] for basis, key in pairs]
    parts = [b""] * (2 * len(ends))
    parts[::2], parts[1::2] = lines.given, ends
    # Each tail ends with the head of the line behind it; the last one has none.
    return (head + b"".join(parts))[: -len(head)], len(bases) - bases.count(None)


class _Refusals:
    """What stands behind the address in a no; few differ."""

    def __init__(self, verdicts: Verdicts, head: bytes) -> None:
        self._verdicts = verdicts
        self._head = head
        self._invalid = _tail(batches.without_address("invalid_address"), head)
        self._made: dict[tuple[Any, ...], bytes] = {}

    def tail(self, key: bytes | None) -> bytes:
        """Return the end of the line about a key."""
        if key is None:
            return self._invalid
        known = (self._verdicts.bits.get(key, 0), *self._verdicts.blocks.get(key, ()))
        made = self._made.get(known)
        if made is None:
            refusal = batches.refusal(key, self._verdicts)
            made = self._made[known] = _tail(refusal, self._head)
        return made


def _tail(members: dict[str, Any], head: bytes) -> bytes:
    return b"," + orjson.dumps(members)[1:] + b"\n" + head
