"""One table of a package while it is written: its CSV, and its latest rows for the document."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from crm_service.rights.packages.spool import Spool
from crm_service.transfers.neutralizing import neutralize

Row = dict[str, Any]

#: How many rows the readable document shows of one table; all of them are in the CSV.
SHOWN: Final = 500
#: Characters that are encoded and encrypted at a time.
_BUFFERED: Final = 64 * 1024
#: So that spreadsheets know the encoding.
_MARK: Final = "\ufeff"


class Table:
    """What one room holds; ``count`` says how many rows.

    ``latest`` has the last rows by what they have columns for: a room may tell of several things.
    """

    def __init__(self, name: str, tables: Iterable[str], rows: Iterable[Row]) -> None:
        self.name = name
        self.tables = sorted(tables)
        self.columns: list[str] = []
        self.count = 0
        self.latest: dict[tuple[str, ...], deque[Row]] = {}
        self._rows = rows
        self._csv = Spool()
        self._text = io.StringIO()
        self._write = csv.writer(self._text).writerow

    @property
    def file(self) -> str:
        """Return the name of its CSV in the package."""
        return f"csv/{self.name}.csv"

    def read(self) -> Iterator[Row]:
        """Yield the rows, once; afterwards the rest of the table is known."""
        rows = iter(self._rows)
        # Lists are here already, and may hold rows of several kinds; a stream's rows are alike.
        known = self._rows if isinstance(self._rows, Sequence) else ()
        first = next(rows, None)
        self.columns = list(dict.fromkeys(name for row in (first or {}, *known) for name in row))
        if self.columns:
            self._text.write(_MARK)
            self._line(self.columns)
        while first is not None:
            self._line([_cell(first.get(name)) for name in self.columns])
            self.count += 1
            self.latest.setdefault(tuple(first), deque(maxlen=SHOWN)).append(first)
            yield first
            first = next(rows, None)

    def csv(self) -> Iterator[bytes]:
        """Yield the CSV (RFC 4180): a header, then the rows; nothing where there are none."""
        self._empty()
        yield from self._csv

    def close(self) -> None:
        """Remove what was kept of it."""
        self._csv.close()

    def _line(self, cells: Sequence[str]) -> None:
        self._write(map(neutralize, cells))
        if self._text.tell() > _BUFFERED:
            self._empty()

    def _empty(self) -> None:
        self._csv.write(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()


def as_json(value: Any) -> bytes:
    """Return JSON of whatever a database gives."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z)


def _plain(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool | dict | list | tuple | bytes | memoryview):
        return as_json(value).decode()
    return str(value)
