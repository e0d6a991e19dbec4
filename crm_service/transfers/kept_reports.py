"""Reports of uploaded files: kept for a while, batch by batch, and rid of whoever is erased.

A line of a report is the row itself, so it is about a person. Beside the lines stands whom they
name, as halves of address keys: enough to find a person, nobody can be guessed from them.
"""

import csv
import io
import uuid
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from crm_service.addresses import InvalidAddress, address_key, normalize_email
from crm_service.db import Connection
from crm_service.transfers.batches import Batch
from crm_service.transfers.own_lines import ADDRESS, OWN_COLUMNS, shown
from crm_service.transfers.reading import Malformed
from crm_service.transfers.report import Lines
from crm_service.transfers.rows import Person, Rejected

#: How long a report can be had once its import is done; then nothing of the file is left.
KEPT = timedelta(days=7)
_MOST_NAMED = 1000
_FAST = 1

_KEEP = """
INSERT INTO import_reports (controller_id, import_id, first_row, content, keys, places)
VALUES (%s, %s, %s, %s, %s::bigint[], %s::integer[])
"""
_KEEP_ONCE = f"{_KEEP} ON CONFLICT DO NOTHING"
_NEXT = """
SELECT first_row, content FROM import_reports
WHERE controller_id = %s AND import_id = %s AND first_row > %s ORDER BY first_row LIMIT 4
"""
_NAMING = """
SELECT r.import_id, r.first_row, r.content, r.keys, r.places, i.delimiter
FROM import_reports r JOIN imports i ON i.controller_id = r.controller_id AND i.id = r.import_id
WHERE r.controller_id = %s AND r.keys && %s::bigint[] ORDER BY 1, 2
"""
_REPLACE = """
UPDATE import_reports SET content = %s, keys = %s::bigint[], places = %s::integer[]
WHERE controller_id = %s AND import_id = %s AND first_row = %s
"""

Cells = Sequence[object]


def half(key: uuid.UUID) -> int:
    """Return the half of an address key by which reports know it."""
    return int.from_bytes(key.bytes[:8], signed=True)


def keep_header(
    connection: Connection, controller_id: uuid.UUID, import_id: uuid.UUID, lines: Lines, delim: str
) -> None:
    """Keep the line above all others, before the first row's."""
    content = _packed([lines.header], delim)
    connection.execute(_KEEP_ONCE, (controller_id, import_id, 0, content, "{}", "{}"))


def keep(
    connection: Connection,
    controller_id: uuid.UUID,
    import_id: uuid.UUID,
    *,
    first: int,
    rows: Iterable[Cells],
    named: Sequence[tuple[int, int]],
    delimiter: str,
) -> None:
    """Keep the lines of a batch. ``named``: halves of keys, each with its row's place in it."""
    keys, places = _array(key for key, _ in named), _array(place for _, place in named)
    content = _packed(rows, delimiter)
    connection.execute(_KEEP, (controller_id, import_id, first, content, keys, places))


def pieces(
    connection: Connection, controller_id: uuid.UUID, import_id: uuid.UUID, *, after: int
) -> list[tuple[int, bytes]]:
    """Return the next lines behind ``after`` (-1 at first): the first row's number, and the text.

    None are left where the list is empty.
    """
    rows = connection.execute(_NEXT, (controller_id, import_id, after)).fetchall()
    return [(first, zlib.decompress(content)) for first, content in rows]


def names(batch: Batch, pepper: bytes) -> list[tuple[int, int]]:
    """Return whom the rows of a batch name: halves of address keys, each with its row's place.

    Of each row its holder comes first.
    """
    return [
        (half(key), place)
        for place, (record, row) in enumerate(zip(batch.records, batch.rows, strict=True))
        for key in _named(record, row, pepper)
    ]


def _named(
    record: Sequence[str] | Malformed, row: Person | Rejected, pepper: bytes
) -> Collection[uuid.UUID]:
    text = record.raw if isinstance(record, Malformed) else "\n".join(record)
    if isinstance(row, Person) and text.count("@") == 1:
        return (row.email_key,)
    keys = dict.fromkeys([row.email_key] if isinstance(row, Person) else [])
    for found in ADDRESS.findall(text)[:_MOST_NAMED]:
        try:
            keys[address_key(pepper, "email", normalize_email(found))] = None
        except InvalidAddress:
            continue
    return keys


def find(
    connection: Connection,
    controller_id: uuid.UUID,
    keys: Collection[uuid.UUID],
    *,
    email: str | None,
) -> Iterator[dict[str, Any]]:
    """Yield the lines that name a person who bears ``email``: import, row and their own cells."""
    own = {half(key) for key in keys}
    for import_id, first, content, held, places, delimiter in _naming(
        connection, controller_id, keys
    ):
        rows = _unpacked(content, delimiter)
        for place in _places(keys, held, places):
            named = [key for key, at in zip(held, places, strict=True) if at == place]
            cells = shown(rows[place], named, own, email)
            yield {"import_id": import_id, "row": first + place, "cells": cells}


def erase(connection: Connection, controller_id: uuid.UUID, keys: Collection[uuid.UUID]) -> int:
    """Empty the lines that name a person; return how many. What became of the rows stays."""
    count = 0
    for import_id, first, content, held, places, delimiter in _naming(
        connection, controller_id, keys
    ):
        rows = _unpacked(content, delimiter)
        emptied = _places(keys, held, places)
        for place in emptied:
            row = rows[place]
            rows[place] = [*[""] * (len(row) - OWN_COLUMNS), *row[-OWN_COLUMNS:]]
        left = [(k, at) for k, at in zip(held, places, strict=True) if at not in emptied]
        facts = (_packed(rows, delimiter), _array(k for k, _ in left), _array(at for _, at in left))
        connection.execute(_REPLACE, (*facts, controller_id, import_id, first))
        count += len(emptied)
    return count


def _naming(
    connection: Connection, controller_id: uuid.UUID, keys: Collection[uuid.UUID]
) -> list[tuple[Any, ...]]:
    halves = _array(half(key) for key in keys)
    return connection.execute(_NAMING, (controller_id, halves)).fetchall()


def _places(keys: Collection[uuid.UUID], held: Sequence[int], places: Sequence[int]) -> list[int]:
    wanted = {half(key) for key in keys}
    return sorted({at for key, at in zip(held, places, strict=True) if key in wanted})


def _packed(rows: Iterable[Cells], delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return zlib.compress(text.getvalue().encode(), _FAST)


def _unpacked(content: bytes, delimiter: str) -> list[list[str]]:
    text = io.StringIO(zlib.decompress(content).decode(), newline="")
    return list(csv.reader(text, delimiter=delimiter))


def _array(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"
