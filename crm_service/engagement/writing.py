"""Rows written the way statements take them: the texts of arrays, a column each.

Needs no database, so that it can be done for the next rows while others are being stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from crm_service import arrays
from crm_service.arrays import Ids
from crm_service.engagement import repository
from crm_service.engagement.accepting import Row
from crm_service.suppression.bulk import ids_in_order

#: What is no value of an array as it is.
_AS_TEXT: dict[str, Callable[[Any], str]] = {
    "tags": arrays.of_values,
    "metadata": lambda said: orjson.dumps(said).decode(),
}


@dataclass(frozen=True)
class Written:
    """Rows, at least one, no two of the same event; their ids (hexadecimal), and all as arrays.

    ``digests``: in the order in which everybody claims them. ``keys``: of their addresses, each
    once; ``people``: how many. ``since``, ``until``: when they occurred.
    """

    rows: Sequence[Row]
    ids: Sequence[str]
    columns: dict[str, str | Ids]
    digests: Ids
    keys: Ids
    people: int
    since: datetime
    until: datetime


def write(rows: Sequence[Row]) -> Written:
    """Return the rows, at least one, the first of each event, as arrays."""
    by_digest: dict[str, Row] = {}
    for row in rows:
        by_digest.setdefault(row.digest, row)
    rows = list(by_digest.values())
    ids = ids_in_order(len(rows))
    columns = {
        name: _column(name, values)
        for name, values in zip(repository.COLUMNS, zip(*rows, strict=True), strict=False)
    }
    keys = {row.key for row in rows}
    moments = [row.occurred_at for row in rows]
    return Written(
        rows=rows,
        ids=ids,
        columns=columns | {"id": arrays.of_hex(ids)},
        digests=arrays.of_hex(sorted(by_digest)),
        keys=arrays.of_hex(keys),
        people=len(keys),
        since=min(moments),
        until=max(moments),
    )


def _column(name: str, values: Sequence[Any]) -> str | Ids:
    """Return one column; an empty array where nothing is known (see ``repository.STORE``)."""
    if name == "address_key":
        return arrays.of_hex(values)
    if values[0] is None and values.count(None) == len(values):
        return "{}"
    if name in _AS_TEXT:
        write_one = _AS_TEXT[name]
        values = [None if value is None else write_one(value) for value in values]
    return arrays.of_values(values)
