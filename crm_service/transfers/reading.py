"""Reading tables as other systems write them, record by record, in bounded memory.

A broken record is one record: a quotation mark that is never closed, a line without end or a cell
of megabytes costs that record alone, and everything after it is read (RFC 4180 where it is kept).
"""

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from crm_service.transfers.detecting import Found, Source, Unreadable, detect

#: The longest record, in characters. A contact's fields together have some tens of thousands.
MAX_RECORD = 2 * 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")

csv.field_size_limit(MAX_RECORD)


@dataclass(frozen=True)
class FileSource:
    """A file of this machine."""

    path: Path

    def open(self) -> BinaryIO:
        """Return a new stream of the bytes. Raises ``Unreadable`` where there is no such file."""
        try:
            return self.path.open("rb")
        except OSError as error:
            raise Unreadable(f"{self.path} cannot be read: {error.strerror}") from None


@dataclass(frozen=True)
class Malformed:
    """A record that is no row of cells. ``reason``: quotes or too_large; ``raw`` is cut short."""

    reason: str
    raw: str


@dataclass(frozen=True)
class Table:
    """A file that has been found to be a table."""

    source: Source
    found: Found
    delimiter: str
    header: tuple[str, ...]

    @contextmanager
    def records(self) -> Iterator["Records"]:
        """Yield the records behind the header."""
        with _opened(self.source, self.found.encoding) as (lines, stream):
            records = Records(lines, self.delimiter, stream)
            _first(records)
            yield records


def examine(
    source: Source,
    *,
    is_known: Callable[[str], bool],
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Table:
    """Return the table in ``source``; ``is_known`` tells names of columns that are understood.

    Raises ``Unreadable``, saying what to do, for a file that is no text, is empty, or begins with
    no usable header.
    """
    _refuse_delimiter(delimiter)
    found = detect(source, encoding)
    with _opened(source, found.encoding) as (lines, _):
        head = lines.peek()
    named = _named_delimiter(head)
    told = delimiter or named
    headers = _headers(source, found, [told] if told else DELIMITERS)
    best = max(headers, key=lambda one: (sum(map(is_known, headers[one])), len(headers[one])))
    if not any(name.strip() for name in headers[best]):
        raise Unreadable("the file has no header: its first line must name the columns")
    table = Table(source, found, best, headers[best])
    with table.records() as records:
        if next(iter(records), None) is None:
            raise Unreadable(
                "the file has a header and no row below it: there is nothing to import"
            )
    return table


def _refuse_delimiter(delimiter: str | None) -> None:
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0 '):
        message = "the delimiter is one character, e.g. , ; | or tab"
        raise Unreadable(message, code="invalid_delimiter", errors={"delimiter": [message]})


def _headers(source: Source, found: Found, candidates: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the header by delimiter; quoted names are no header where another one separates."""
    headers = {}
    for number, candidate in enumerate(candidates, 1):
        try:
            headers[candidate] = _header(source, found, candidate)
        except Unreadable:
            if not headers and number == len(candidates):
                raise
    return headers


def _header(source: Source, found: Found, delimiter: str) -> tuple[str, ...]:
    with _opened(source, found.encoding) as (lines, stream):
        return tuple(name.strip() for name in _first(Records(lines, delimiter, stream)))


def _first(records: "Records") -> Sequence[str]:
    for record in records:
        if isinstance(record, Malformed):
            raise Unreadable("the first line of the file is no header: it must name the columns")
        if _named_delimiter(records.delimiter.join(record)) is None:
            return record
    raise Unreadable("the file is empty: it needs a header and at least one row")


def _named_delimiter(line: str) -> str | None:
    """Return the delimiter that a first line such as ``sep=;`` names, as Excel writes it."""
    name, _, rest = line.strip("\r\n").partition("=")
    return rest if name == "sep" and rest in DELIMITERS else None


@contextmanager
def _opened(source: Source, encoding: str) -> Iterator[tuple["Lines", BinaryIO]]:
    with source.open() as stream:
        text = io.TextIOWrapper(stream, encoding, newline="")
        try:
            yield Lines(text), stream
        finally:
            text.detach()


class Lines:
    """Physical lines, those of the present record kept so that they can be read again."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._read = partial(text.readline, MAX_RECORD)
        self._again: deque[str] = deque()
        self.record: list[str] = []
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        """Return itself: there is one place in the file."""
        return self

    def __next__(self) -> str:
        """Return the next line. Raises ``csv.Error`` where the record grows beyond all bounds."""
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self.record.append(line)
        self.size += len(line)
        if self.size >= MAX_RECORD:
            raise csv.Error("the record is too large")
        return line

    def peek(self) -> str:
        """Return the next line, which stays the next."""
        line = self._again[0] if self._again else self._read()
        if line and not self._again:
            self._again.append(line)
        return line

    def settle(self) -> None:
        """Forget the lines of the record that has been read."""
        self.record.clear()
        self.size = 0

    def give_up(self) -> Malformed:
        """Leave the first line of a broken record behind; what follows is read again."""
        first, *rest = self.record
        is_endless = not first.endswith(("\n", "\r")) and len(first) >= MAX_RECORD
        self.settle()
        self._again.extendleft(reversed(rest))
        if not is_endless:
            return Malformed("quotes", first.rstrip("\r\n"))
        while (more := self._read()) and not more.endswith(("\n", "\r")):
            pass
        return Malformed("too_large", first[:1000])


class Records:
    """The records of a file: a list of cells each, or ``Malformed``. Blank lines are none."""

    def __init__(self, lines: Lines, delimiter: str, stream: BinaryIO) -> None:
        self._lines = lines
        self._stream = stream
        self.delimiter = delimiter

    @property
    def position(self) -> int:
        """About how many bytes of the file have been read."""
        return self._stream.tell()

    def __iter__(self) -> Iterator[list[str] | Malformed]:
        """Yield the rest of the records."""
        lines = self._lines
        while True:
            # A reader that failed may have lines of the failed record inside: take a new one.
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            try:
                for record in reader:
                    lines.settle()
                    if record:
                        yield record
            except csv.Error:
                yield lines.give_up()
            else:
                return
