"""From columns to the text of a batch: CSV (RFC 4180) and NDJSON, a column at a time.

Written for speed: what has to be looked at cell by cell is decided for a whole column at once.
"""

import re
from collections.abc import Mapping, Sequence

import orjson

from crm_service.transfers.neutralizing import neutralize

Column = Sequence[str | None]

#: No text in the database holds it.
_NUL = "\0"
#: A quotation mark, or a cell that a spreadsheet would not take for text (CWE-1236).
_DELICATE = re.compile("\"|(?:^|\0)[=+@'\t\r\n-]")


def csv_header(names: Sequence[str]) -> bytes:
    """Return the first line of a CSV file."""
    return (",".join(names) + "\r\n").encode()


def csv_lines(columns: Sequence[Column]) -> bytes:
    """Return rows as CSV, every cell in quotes, formulas neutralized."""
    rows = zip(*map(_csv_cells, columns), strict=True)
    text = '"\r\n"'.join(map('","'.join, rows))
    return f'"{text}"\r\n'.encode() if text else b""


def _csv_cells(column: Column) -> Sequence[str]:
    cells = [cell or "" for cell in column]
    if _DELICATE.search(_NUL.join(cells)) is None:
        return cells
    return [neutralize(cell).replace('"', '""') for cell in cells]


def json_lines(columns: Mapping[str, Column], links: Sequence[str] = ()) -> bytes:
    """Return rows as one JSON object a line; what is not known is null.

    ``links`` are finished members for the end of each object, if any.
    """
    named = [(f'"{name}":', _json_cells(column)) for name, column in columns.items()]
    template = "{" + ",".join(f"{name}%s" for name, _ in named) + ("%s}" if links else "}")
    values = [cells for _, cells in named] + ([links] if links else [])
    return ("\n".join([template % row for row in zip(*values, strict=True)]) + "\n").encode()


def _json_cells(column: Column) -> Sequence[str]:
    """Return each cell as JSON: all encoded at once, taken apart where no quote can be inside."""
    text = orjson.dumps([cell or "" for cell in column]).decode()
    if "\\" in text:
        return [orjson.dumps(cell or None).decode() for cell in column]
    return [f'"{cell}"' if cell else "null" for cell in text[2:-2].split('","')]
