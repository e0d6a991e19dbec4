"""What is written column by column is what a plain writer would write row by row."""

import csv
import io

import orjson
from hypothesis import given
from hypothesis import strategies as st

from crm_service.disclosures import rows
from crm_service.transfers.neutralizing import restore

#: Everything but U+0000, which no column holds, with what could be taken for syntax.
CELLS = st.one_of(
    st.just(""),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
    st.text(st.sampled_from("\"\\,='+-@\t\r\n%{}[]s"), max_size=5),
)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12)


@given(TABLES)
def test_csv_reads_back_as_it_was_with_formulas_neutralized(
    table: list[tuple[str, ...]],
) -> None:
    columns = [list(column) for column in zip(*table, strict=True)]

    text = rows.csv_lines(columns, [["made"] * len(table)]).decode()

    read = list(csv.reader(io.StringIO(text, newline="")))
    assert [[restore(cell) for cell in row] for row in read] == [[*row, "made"] for row in table]
    assert not any(cell[:1] in tuple("=+-@\t\r\n") for row in read for cell in row)


@given(TABLES)
def test_json_reads_back_as_it_was(table: list[tuple[str, ...]]) -> None:
    columns = {
        name: list(cells) for name, cells in zip("abc", zip(*table, strict=True), strict=True)
    }

    lines = rows.json_lines(columns, [',"n":1'] * len(table)).splitlines()

    assert [orjson.loads(line) for line in lines] == [
        {**{name: cell or None for name, cell in zip("abc", row, strict=True)}, "n": 1}
        for row in table
    ]


def test_nobody_is_no_row() -> None:
    assert rows.csv_lines([[], []]) == b""
