"""What is written all at a time is what a plain writer would write cell by cell."""

import csv
import io

import orjson
from hypothesis import given
from hypothesis import strategies as st

from crm_service.disclosures import rows
from crm_service.transfers.neutralizing import neutralize

#: No column holds U+0000, and no line a separator but between cells.
_NEVER = "\0\x1e\x1f"
CELLS = st.one_of(
    st.just(""),
    st.text(st.characters(exclude_characters=_NEVER, exclude_categories=["Cs"]), max_size=8),
    st.text(st.sampled_from("\"\\,:='+-@\t\r\n%{}[]su001ef"), max_size=6),
)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12)
Table = list[tuple[str, ...]]


@given(TABLES)
def test_csv_reads_back_as_it_was_with_formulas_neutralized(table: Table) -> None:
    lines = [rows.UNIT.join(row) for row in table]

    text = rows.csv_lines(lines, [["made"] * len(table)]).decode()

    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [[*(neutralize(cell) for cell in row), "made"] for row in table]


@given(TABLES)
def test_json_reads_back_as_it_was(table: Table) -> None:
    lines = [rows.UNIT.join(row) for row in table]

    text = rows.json_lines("abc", lines, [',"n":1'] * len(table))

    assert [orjson.loads(line) for line in text.splitlines()] == [
        {**{name: cell or None for name, cell in zip("abc", row, strict=True)}, "n": 1}
        for row in table
    ]


def test_nobody_is_no_row() -> None:
    assert rows.csv_lines([], [[]]) == b""
    assert rows.json_lines(["email"], [], []) == b""
