"""From columns to the text of a batch: CSV (RFC 4180) and NDJSON, a column at a time.

Written for speed: what has to be looked at cell by cell is decided for a whole column at once.
"""

from collections.abc import Mapping, Sequence

import orjson

from crm_service.transfers.neutralizing import neutralize

#: Texts; what is not known is an empty one. No text in the database holds U+0000.
Column = Sequence[str]
_NUL = "\0"

#: What may begin a cell that a spreadsheet would not take for text (CWE-1236).
_RISKY = "=+-@'\t\r\n"


def csv_header(names: Sequence[str]) -> bytes:
    """Return the first line of a CSV file."""
    return (",".join(names) + "\r\n").encode()


def csv_lines(columns: Sequence[Column], made: Sequence[Sequence[str]] = ()) -> bytes:
    """Return rows as CSV, every cell in quotes, formulas neutralized.

    ``made`` are columns of this service's own making behind the others: neither empty nor delicate.
    """
    rows = zip(*map(_csv_cells, columns), *made, strict=True)
    text = '"\r\n"'.join(map('","'.join, rows))
    return f'"{text}"\r\n'.encode() if text else b""


def _csv_cells(column: Column) -> Sequence[str]:
    text = _NUL + _NUL.join(column)
    # Two looks: most columns hold no such character anywhere, and finding that out costs nothing.
    if '"' in text or any(mark in text and _NUL + mark in text for mark in _RISKY):
        return [neutralize(cell).replace('"', '""') for cell in column]
    return column


def json_lines(columns: Mapping[str, Column], made: Sequence[str] = ()) -> bytes:
    """Return rows as one JSON object a line; what is not known is null.

    ``made`` are finished members for the end of each object, if any.
    """
    named = [_json_cells(name, column) for name, column in columns.items()]
    template = "{" + ",".join(member for member, _ in named) + ("%s}\n" if made else "}\n")
    values = [cells for _, cells in named] + ([made] if made else [])
    return "".join([template % row for row in zip(*values, strict=True)]).encode()


def _json_cells(name: str, column: Column) -> tuple[str, Sequence[str]]:
    """Return a member with a place for its value, and each value as JSON.

    All are encoded at once, and taken apart where no quotation mark can be inside.
    """
    text = orjson.dumps(column).decode()
    if "\\" in text:
        return f'"{name}":%s', [orjson.dumps(cell or None).decode() for cell in column]
    cells = text[2:-2].split('","')
    if all(cells):
        return f'"{name}":"%s"', cells
    return f'"{name}":%s', [f'"{cell}"' if cell else "null" for cell in cells]
