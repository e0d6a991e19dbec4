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


class Lines:
    """The lines of a report, as cells.

    Columns that an earlier report added are left out, so that a report can be imported and reported
    over and over.
    """

    def __init__(self, header: Sequence[str], delimiter: str) -> None:
        added = {plain(name) for name in REPORT_COLUMNS}
        self._width = len(header)
        self._delimiter = delimiter
        self._kept = [at for at, name in enumerate(header) if plain(name) not in added]
        self.header = [*(_safe(header[at]) for at in self._kept), *REPORT_COLUMNS]

    def row(self, record: Sequence[str] | Malformed, number: int, verdict: Verdict) -> list[object]:
        """Return the line of one row; without cells, only what became of it."""
        cells = self._cells(record)
        warnings = "|".join(verdict.warnings)
        return [*cells, number, verdict.outcome, verdict.reason, warnings]

    def _cells(self, record: Sequence[str] | Malformed) -> list[str]:
        """Return the cells under their columns; what fits none stands in the last one."""
        if isinstance(record, Malformed):
            return [_safe(record.raw), *[""] * (len(self._kept) - 1)]
        width = self._width
        full = [*record, *[""] * (width - len(record))]
        if len(record) > width:
            full = [*full[: width - 1], self._delimiter.join(full[width - 1 :])]
        return [_safe(full[at]) for at in self._kept]


def write(table: Table, verdicts: Iterator[Verdict], out: TextIO) -> None:
    """Write the report of ``table`` to ``out``, row by row, in bounded memory."""
    lines = Lines(table.header, table.delimiter)
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\r\n")
    writer.writerow(lines.header)
    with table.records() as records:
        rows = zip(records, verdicts, strict=True)
        for number, (record, verdict) in enumerate(rows, 1):
            writer.writerow(lines.row(record, number, verdict))


def _safe(cell: str) -> str:
    return neutralize(restore(cell)).replace("\0", "\ufffd")
