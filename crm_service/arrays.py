"""Arrays of PostgreSQL written as text: much faster than adapting lists of thousands of values."""

import uuid
from collections.abc import Iterable, Sequence

import orjson


def of_ids(ids: Iterable[uuid.UUID]) -> str:
    """Return UUIDs as the text of a ``uuid[]``."""
    return f"{{{','.join([one.hex for one in ids])}}}"


def of_hex(ids: Iterable[str]) -> str:
    """Return UUIDs that are written already, with or without hyphens, as a ``uuid[]``."""
    return f"{{{','.join(ids)}}}"


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
