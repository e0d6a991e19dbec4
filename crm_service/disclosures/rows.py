"""From joined cells to the text of a batch: CSV (RFC 4180) and NDJSON, all people at a time.

A person is a line whose cells are joined by U+001F; no cell holds that character or U+001E. So
what would have to be done cell by cell is done by replacing in one text, at the speed of memory.
"""

from collections.abc import Iterator, Sequence

import orjson

#: Between cells, and between people.
UNIT, RECORD = "\x1f", "\x1e"

#: What may begin a cell that a spreadsheet would not take for text (CWE-1236).
_RISKY = "=+-@\t\r\n"
_MARK = "'"
#: How JSON writes the two, and how it begins what it cannot write as it is.
_JSON_UNIT, _JSON_RECORD, _ESCAPE = "\\u001f", "\\u001e", "\\"


def csv_header(names: Sequence[str]) -> bytes:
    """Return the first line of a CSV file."""
    return (",".join(names) + "\r\n").encode()


def csv_lines(lines: Sequence[str], made: Sequence[Sequence[str]] = ()) -> bytes:
    """Return rows as CSV, every cell in quotes, formulas neutralized as ``transfers`` does it.

    ``made`` are columns of this service's own making, behind the others: nothing in them is
    delicate.
    """
    if not lines:
        return b""
    # A separator before each cell, so that every beginning can be found.
    text = _neutralized(UNIT + (RECORD + UNIT).join(lines)).replace('"', '""')
    rows = text.replace(UNIT, '","').split(RECORD)
    if not made:
        return "".join([f'{row[2:]}"\r\n' for row in rows]).encode()
    ends = map('","'.join, zip(*made, strict=True))
    pairs = zip(rows, ends, strict=True)
    return "".join([f'{row[2:]}","{end}"\r\n' for row, end in pairs]).encode()


def _neutralized(text: str) -> str:
    """Return the text with a mark before each cell that needs one."""
    if UNIT + _MARK in text:
        # In this order: what one step has marked, no later one finds.
        for mark in (_MARK, *_RISKY):
            text = text.replace(f"{UNIT}{_MARK}{mark}", f"{UNIT}{_MARK}{_MARK}{mark}")
    for mark in _RISKY:
        if mark in text:
            text = text.replace(UNIT + mark, UNIT + _MARK + mark)
    return text


def json_lines(names: Sequence[str], lines: Sequence[str], made: Sequence[str]) -> bytes:
    """Return rows as one JSON object a line; what is not known is null.

    ``made`` are finished members for the end of each object.
    """
    if not lines:
        return b""
    template = "{" + ",".join(f'"{name}":"%s"' for name in names)
    rows = [template % tuple(cells) for cells in _json_cells(lines)]
    # Nowhere else do two quotation marks follow a colon: inside a text they are escaped.
    text = "}\n".join(map("".join, zip(rows, made, strict=True))).replace(':""', ":null")
    return (text + "}\n").encode()


def _json_cells(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the cells of each line as JSON writes them, without the quotation marks around."""
    text = RECORD.join(lines)
    if _ESCAPE not in text:
        encoded = orjson.dumps(text).decode()[1:-1]
        yield from (line.split(_JSON_UNIT) for line in encoded.split(_JSON_RECORD))
    else:
        for line in lines:
            yield [orjson.dumps(cell).decode()[1:-1] for cell in line.split(UNIT)]
