"""Files of every kind: what can be read is, what cannot is refused with what to do about it."""

import csv
import gzip
import io
import tracemalloc
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_service.transfers import columns
from crm_service.transfers.detecting import Unreadable
from crm_service.transfers.reading import MAX_RECORD, FileSource, Malformed, Table, examine


class Bytes:
    """A file in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def open(self) -> BinaryIO:
        """Return a new stream."""
        return io.BytesIO(self.data)


def table(data: bytes | str, **options: Any) -> Table:
    raw = data if isinstance(data, bytes) else data.encode()
    return examine(Bytes(raw), is_known=columns.is_known, **options)


def rows(data: bytes | str, **options: Any) -> list[list[str] | Malformed]:
    with table(data, **options).records() as records:
        return list(records)


NAMES = "email,Name\na@example.com,Õnne Šmidt €\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_recognized(encoding: str, found: str) -> None:
    text = NAMES if encoding != "cp1252" else NAMES.replace("Š", "S")

    read = table(text.encode(encoding))

    assert read.found.encoding == found
    assert rows(text.encode(encoding)) == [text.splitlines()[1].split(",")]


@pytest.mark.parametrize(
    ("name", "byte"),
    [
        (b"\x81\xe5", 26),  # no western text
        ("Õnne".encode() + b"\xe4", 31),  # one whole character, one broken: UTF-8 it was
        ("Õ".encode() * 3 + b"\xff" * 100, 32),
    ],
)
def test_what_no_encoding_explains_is_refused_with_its_place(name: bytes, byte: int) -> None:
    with pytest.raises(Unreadable, match=f"byte {byte} breaks it") as refused:
        rows(b"email,Name\na@example.com," + name + b"\n")

    assert refused.value.code == "wrong_encoding"
    assert refused.value.extra == {"byte": byte}


def test_a_western_file_without_a_mark_is_a_guess_that_is_said() -> None:
    read = table("email,Name\na@example.com,Märt\n".encode("cp1252"))

    assert (read.found.encoding, read.found.is_guess) == ("cp1252", True)
    assert not table(NAMES.encode()).found.is_guess


@pytest.mark.parametrize(
    "name", ["klingon", "zlib_codec", "rot13", "punycode", "unicode-escape", "undefined", "x\0"]
)
def test_what_unpacks_or_escapes_is_no_encoding(name: str) -> None:
    with pytest.raises(Unreadable, match="no encoding called") as refused:
        table(NAMES, encoding=name)

    assert refused.value.code == "unknown_encoding"


def test_a_named_encoding_overrides_the_guess() -> None:
    data = "email,Name\na@example.com,Анна\n".encode("cp1251")

    assert rows(data, encoding="cp1251") == [["a@example.com", "Анна"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_makes_sense_of_the_header(delimiter: str) -> None:
    header = delimiter.join(['"Notes, or; none"', "Email", "City"])

    read = table(f'{header}\n"x, y"{delimiter}a@example.com{delimiter}Tartu\n')

    assert read.delimiter == delimiter


def test_a_first_line_that_names_the_delimiter_is_no_header() -> None:
    read = table("sep=;\r\nEmail;City\r\na@example.com;Tartu\r\n")

    assert (read.delimiter, read.header) == (";", ("Email", "City"))
    assert rows("sep=;\r\nEmail;City\r\na@example.com;Tartu\r\n") == [["a@example.com", "Tartu"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_end_of_line_ends_a_line_and_blank_ones_are_no_rows(end: str) -> None:
    text = end.join(["", "email,Notes", "", 'a@example.com,"two', 'lines"', "", "b@example.com,"])

    assert rows(text) == [["a@example.com", f"two{end}lines"], ["b@example.com", ""]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"email,City\n", "a header and no row"),
        (b"email,City\n\n\n", "a header and no row"),
        (b",,\na@example.com,,\n", "no header"),
        (b'"email\na@example.com\n', "no header"),
        (b"PK\x03\x04xl/workbook.xml", "save or export it as CSV"),
        (gzip.compress(b"email\na@example.com\n", mtime=0), "gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        (b"\xef\xbb\xbfemail\n\xe5@example.com\n", "utf-8-sig text that it seems to be"),
        (("email\n" + "a\n" * 9).encode("utf-16") + b"\x00", "utf-16 text that it seems"),
        (b"x" * (MAX_RECORD + 1), "no header"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        rows(data)


def test_utf_8_with_a_damaged_byte_is_refused_rather_than_garbled() -> None:
    data = ("email,Name\n" + "a@example.com,Õnne Käo\n" * 9).encode() + b"b@example.com,\xe5\n"

    with pytest.raises(Unreadable, match=r"byte \d+ breaks it.*--encoding"):
        rows(data)


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(Unreadable, match="no encoding called 'klingon'"):
        rows("email\na@example.com\n", encoding="klingon")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        examine(FileSource(tmp_path / "none.csv"), is_known=columns.is_known)


def test_a_quotation_mark_that_is_never_closed_costs_its_own_row_alone() -> None:
    text = 'email,City\na@example.com,"Tartu\nb@example.com,Narva\nc@example.com,Pärnu\n'

    assert rows(text) == [
        Malformed("quotes", 'a@example.com,"Tartu'),
        ["b@example.com", "Narva"],
        ["c@example.com", "Pärnu"],
    ]


def test_a_mark_that_is_closed_rows_later_costs_its_own_row_alone() -> None:
    text = 'email,City\na@example.com,"Tartu\nb@example.com,"Narva, ""old"""\nc@example.com,x\n'

    assert rows(text) == [
        Malformed("quotes", 'a@example.com,"Tartu'),
        ["b@example.com", 'Narva, "old"'],
        ["c@example.com", "x"],
    ]


def test_a_line_without_end_costs_its_own_row_and_little_memory() -> None:
    data = b"email,City\na@example.com," + b"x" * 40_000_000 + b"\nb@example.com,Narva\n"
    tracemalloc.start()

    found = rows(data)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [row.reason if isinstance(row, Malformed) else row for row in found] == [
        "too_large",
        ["b@example.com", "Narva"],
    ]
    assert peak < 32_000_000


def test_quotes_that_open_before_a_line_without_end_cost_two_rows() -> None:
    text = 'email,City\na@example.com,"Tartu\n' + "x" * (2 * MAX_RECORD) + "\nb@example.com,Narva\n"

    assert [row.reason if isinstance(row, Malformed) else row for row in rows(text)] == [
        "quotes",
        "too_large",
        ["b@example.com", "Narva"],
    ]


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\0"))] * 3),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_is_written_is_read_back(
    cells: list[tuple[str, str, str]], delimiter: str, encoding: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["email", "city", "notes"])
    writer.writerows(cells)

    assert rows(out.getvalue().encode(encoding)) == [list(row) for row in cells]
