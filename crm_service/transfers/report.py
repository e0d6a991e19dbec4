"""The report of an import: the file's own rows, each with what became of it.

Cells that a spreadsheet would run are neutralized; the import of a corrected report restores them.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import TextIO

from crm_service.transfers.columns import REPORT_COLUMNS, plain
from crm_service.transfers.neutralizing import neutralize, restore
from crm_service.transfers.reading import Malformed, Table
from crm_service.transfers.verdicts import Verdict

#: Spreadsheets take text for UTF-8 only when it begins with the mark.
ENCODING = "utf-8-sig"


def write(table: Table, verdicts: Iterator[Verdict], out: TextIO) -> None:
    """Write the report of ``table`` to ``out``, row by row, in bounded memory.

    Columns that an earlier report added are left out, so that a report can be imported and reported
    over and over.
    """
    added = {plain(name) for name in REPORT_COLUMNS}
    kept = [at for at, name in enumerate(table.header) if plain(name) not in added]
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\r\n")
    writer.writerow([*(_safe(table.header[at]) for at in kept), *REPORT_COLUMNS])
    with table.records() as records:
        rows = zip(records, verdicts, strict=True)
        for number, (record, verdict) in enumerate(rows, 1):
            cells = _cells(record, kept, table)
            warnings = "|".join(verdict.warnings)
            writer.writerow([*cells, number, verdict.outcome, verdict.reason, warnings])


def _cells(record: Sequence[str] | Malformed, kept: Sequence[int], table: Table) -> list[str]:
    """Return the row's cells under their columns; what fits none stands in the last one."""
    if isinstance(record, Malformed):
        return [_safe(record.raw), *[""] * (len(kept) - 1)]
    width = len(table.header)
    full = [*record, *[""] * (width - len(record))]
    if len(record) > width:
        full = [*full[: width - 1], table.delimiter.join(full[width - 1 :])]
    return [_safe(full[at]) for at in kept]


def _safe(cell: str) -> str:
    return neutralize(restore(cell)).replace("\0", "\ufffd")
