"""Opening a list of refusals: a table, one address a line without a header, NDJSON, or JSON."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

import orjson

from crm_service.suppression import domains, hashed
from crm_service.transfers.detecting import Source, Unreadable, detect
from crm_service.transfers.reading import (
    DELIMITERS,
    MAX_RECORD,
    Lines,
    Malformed,
    Records,
    examine,
)
from crm_service.transfers.suppression_formats import address_at, is_known

#: A JSON document is read as a whole; NDJSON may have any length.
MAX_DOCUMENT = 16 * 1024 * 1024
_HEAD = 65_536
#: Columns of a list in JSON; what names more only makes rows wide.
_MOST_NAMES = 200
#: What a text of JSON is, which has no name.
_ADDRESS = "address"
_PHONE = re.compile(r"\+\d[\d ()./-]{4,30}")


class Rows(Protocol):
    """The rows of an opened list."""

    @property
    def position(self) -> int:
        """About how many bytes of the file have been read."""

    def __iter__(self) -> Iterator[Sequence[str] | Malformed]:
        """Yield the rows."""


@dataclass(frozen=True)
class Listing:
    """A list that can be read. ``header`` is None where the file has none.

    ``is_json``: whether each row has names of its own, of which ``header`` has all.
    """

    header: tuple[str, ...] | None
    delimiter: str
    sha256: bytes
    size: int
    open: Callable[[], AbstractContextManager[Rows]] = field(repr=False)
    is_json: bool = False


def find_rows(
    source: Source, *, encoding: str | None = None, delimiter: str | None = None
) -> Listing:
    """Return the list in ``source``. Raises ``Unreadable``, saying what to do."""
    found = detect(source, encoding)
    head = _head(source, found.encoding)
    if head[:1] in {"{", "["} or _mixes_texts_and_objects(head):
        header, opened = _open_json(source, head)
        return Listing(header, ",", found.sha256, found.size, opened, is_json=True)
    bare = _bare_delimiter(head.partition("\n")[0])
    if bare is not None:
        told = delimiter or bare
        return Listing(
            None, told, found.sha256, found.size, lambda: _lines(source, found.encoding, told)
        )
    table = examine(source, is_known=is_known, encoding=found.encoding, delimiter=delimiter)
    return Listing(table.header, table.delimiter, found.sha256, found.size, table.records)


def _head(source: Source, encoding: str) -> str:
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding, errors="replace")
        try:
            return text.read(_HEAD).lstrip("\ufeff \t\r\n")
        finally:
            text.detach()


def _bare_delimiter(line: str) -> str | None:
    """Return what separates cells where the first line is an entry already, else None."""
    for delimiter in (*(one for one in DELIMITERS if one in line), ","):
        first = line.split(delimiter, maxsplit=1)[0].strip().strip('"').strip()
        if not is_known(first) and _is_entry(first):
            return delimiter
    return None


def _is_entry(text: str) -> bool:
    if " " in text and not _PHONE.fullmatch(text):
        return False
    if "@" in text or hashed.read_digest(text) is not None or _PHONE.fullmatch(text):
        return True
    try:
        return domains.is_domain(text) and bool(domains.normalize_domain(text))
    except domains.InvalidDomain:
        return False


@contextmanager
def _lines(source: Source, encoding: str, delimiter: str) -> Iterator[Records]:
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding, newline="")
        try:
            yield Records(Lines(text), delimiter, stream)
        finally:
            text.detach()


class _JsonRows:
    """Rows of what stands in the file: objects, and texts, which are addresses by themselves."""

    def __init__(self, objects: Iterator[Any], header: Sequence[str], stream: BinaryIO) -> None:
        self._objects = objects
        self._header = header
        self._address_at = address_at(header) or 0
        self._stream = stream

    @property
    def position(self) -> int:
        return self._stream.tell()

    def __iter__(self) -> Iterator[Sequence[str] | Malformed]:
        for value in self._objects:
            if isinstance(value, Malformed):
                yield value
            elif isinstance(value, dict):
                yield [_text(value.get(name)) for name in self._header]
            elif isinstance(value, str):
                yield [*[""] * self._address_at, value]
            else:
                yield Malformed("json", "")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return "" if value is None else str(value)


def _open_json(
    source: Source, head: str
) -> tuple[tuple[str, ...], Callable[[], AbstractContextManager[Rows]]]:
    read = _json_lines if _is_ndjson(head) else _json_document
    with source.open() as stream:
        header = _names(read(stream))
    if header is None:
        raise Unreadable("the file holds no JSON objects or texts: there is nothing to import")

    @contextmanager
    def opened() -> Iterator[Rows]:
        with source.open() as stream:
            yield _JsonRows(read(stream), header, stream)

    return header, opened


def _names(objects: Iterator[Any]) -> tuple[str, ...] | None:
    """Return the names of all objects: one left out at first may say in the last why it blocks.

    A text is an address, in a column of that name if no other is one. None where there is neither.
    """
    names: dict[str, None] = {}
    seen: set[type] = set()
    for value in objects:
        seen.add(type(value))
        if isinstance(value, dict) and len(names) < _MOST_NAMES:
            names.update(dict.fromkeys(value))
    if str in seen and address_at(tuple(names)) is None:
        names[_ADDRESS] = None
    return tuple(names) if seen & {dict, str} else None


def _mixes_texts_and_objects(head: str) -> bool:
    """Tell whether the first line is a text of JSON, and not all lines are: cells may be quoted."""
    lines = head.splitlines()
    return isinstance(_json(lines[0] if lines else ""), str) and any(
        line.lstrip().startswith("{") for line in lines
    )


def _json(line: str) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _is_ndjson(head: str) -> bool:
    """Tell whether the first line stands by itself, and is no envelope of a list."""
    first = _json(head.partition("\n")[0])
    return isinstance(first, str) or (isinstance(first, dict) and _items(first) is None)


def _items(value: Any) -> list[Any] | None:
    if isinstance(value, list):
        return value
    lists = [inner for inner in value.values() if isinstance(inner, list)]
    return next((one for one in lists if one and isinstance(one[0], dict)), None)


def _json_lines(stream: BinaryIO) -> Iterator[Any]:
    while line := stream.readline(MAX_RECORD):
        if not line.endswith(b"\n") and len(line) >= MAX_RECORD:
            while (more := stream.readline(MAX_RECORD)) and not more.endswith(b"\n"):
                pass
            yield Malformed("too_large", "")
        elif line.strip():
            try:
                yield orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
            except orjson.JSONDecodeError:
                yield Malformed("json", line[:1000].decode(errors="replace").rstrip())


def _json_document(stream: BinaryIO) -> Iterator[Any]:
    text = stream.read(MAX_DOCUMENT + 1)
    if len(text) > MAX_DOCUMENT:
        raise Unreadable("the JSON document is too large: write it as NDJSON, one object a line")
    try:
        value = orjson.loads(text.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise Unreadable("the file begins like JSON, but is none, nor NDJSON") from None
    yield from (_items(value) if isinstance(value, dict | list) else None) or ()
