"""Arrays of PostgreSQL as it reads them: much faster than adapting lists of thousands of values.

UUIDs go as bytes, which PostgreSQL need not parse; all else goes as text.
"""

import struct
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import orjson
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_UUID = psycopg.postgres.types["uuid"]
#: Dimensions, no NULLs, the elements' type; then, of a dimension, how many and the first's number.
_NONE = struct.pack("!iiI", 0, 0, _UUID.oid)
_HEAD = struct.Struct("!iiIii")
#: Before each element, its length.
_LENGTH = "00000010"


@dataclass(frozen=True, slots=True)
class Ids:
    """A ``uuid[]``, ready to be sent as a parameter."""

    written: bytes


class _IdsDumper(Dumper):
    format = Format.BINARY
    oid = _UUID.array_oid

    def dump(self, obj: Ids) -> bytes:
        return obj.written


psycopg.adapters.register_dumper(Ids, _IdsDumper)


def of_ids(ids: Collection[uuid.UUID]) -> Ids:
    """Return UUIDs as a ``uuid[]``."""
    return of_hex([one.hex for one in ids])


def of_hex(ids: Collection[str]) -> Ids:
    """Return UUIDs that are written already, 32 digits each, as a ``uuid[]``."""
    if not ids:
        return Ids(_NONE)
    head = _HEAD.pack(1, 0, _UUID.oid, len(ids), 1)
    return Ids(head + bytes.fromhex(_LENGTH + _LENGTH.join(ids)))


def of_values(values: Sequence[object]) -> str:
    """Return strings, numbers, booleans, UUIDs, moments and Nones as the text of an array.

    Raises ``TypeError`` for anything that is no JSON value, surrogates included.
    """
    # Strings are quoted in JSON as they are in arrays, but for how it writes control characters.
    written = orjson.dumps(values)
    if b"\\" in written:
        return f"{{{','.join(map(_quoted, orjson.loads(written)))}}}"
    return f"{{{written[1:-1].decode()}}}"


def _quoted(value: object) -> str:
    if not isinstance(value, str):
        return orjson.dumps(value).decode()
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
