"""The journal proves itself: no line can be changed, left out, put in or torn unnoticed."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from crm_service.journal import files
from crm_service.journal.lines import GENESIS, Damaged, Fact, Line, encode, following
from crm_service.journal.standing import Mark, NotCurrent, check


def written(folder: Path, count: int) -> list[Line]:
    """Write ``count`` lines and return them."""
    lines: list[Line] = []
    number, digest = 0, GENESIS
    for _ in range(count):
        fact = Fact("contact.erased.v1", uuid.uuid4(), uuid.uuid4(), "2026-11-22T10:00:00Z", {})
        lines.append(following(number, digest, fact))
        number, digest = lines[-1].number, lines[-1].digest
    folder.mkdir(parents=True, exist_ok=True)
    files.append(folder, lines)
    return lines


def numbers(folder: Path, after: int = 0) -> list[int]:
    return [line.number for line in files.read(folder, after=after)]


@pytest.mark.rule(35)
def test_lines_are_read_as_they_were_written_across_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "SEGMENT_BYTES", 1)
    lines = written(tmp_path, 2)
    number, digest = lines[-1].number, lines[-1].digest
    files.append(tmp_path, [following(number, digest, lines[0].fact)])

    assert list(files.read(tmp_path))[:2] == lines
    assert numbers(tmp_path, after=2) == [3]
    assert len(list(tmp_path.iterdir())) == 2


def swap(path: Path) -> None:
    first, second, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([second, first, *rest]))


CHANGES: dict[str, Callable[[Path], object]] = {
    "changed": lambda p: p.write_bytes(p.read_bytes().replace(b"erased", b"added!", 1)),
    "left out": lambda p: p.write_bytes(b"".join(p.read_bytes().splitlines(keepends=True)[::2])),
    "swapped": swap,
    "no json": lambda p: p.write_bytes(b"{]\n" + p.read_bytes()),
}


@pytest.mark.rule(35)
@pytest.mark.parametrize("change", CHANGES)
def test_a_journal_that_was_touched_is_refused(tmp_path: Path, change: str) -> None:
    written(tmp_path, 5)
    [segment] = tmp_path.iterdir()

    CHANGES[change](segment)

    with pytest.raises(Damaged):
        numbers(tmp_path)


@pytest.mark.rule(35)
def test_a_line_that_a_crash_tore_is_as_if_it_was_never_written(tmp_path: Path) -> None:
    lines = written(tmp_path, 2)
    [segment] = tmp_path.iterdir()
    third = following(2, lines[-1].digest, lines[0].fact)
    segment.write_bytes(segment.read_bytes() + encode(third)[:-9])
    assert numbers(tmp_path) == [1, 2]

    files.append(tmp_path, [third])

    assert numbers(tmp_path) == [1, 2, 3]


@pytest.mark.rule(35)
@pytest.mark.parametrize(
    ("number", "intended", "code"),
    [
        (3, 3, None),
        (2, 3, None),
        (2, 2, "restore_pending"),
        (4, 4, "journal_behind"),
        (0, 0, "restore_pending"),
    ],
)
def test_what_the_database_knows_decides_whether_it_answers(
    tmp_path: Path, number: int, intended: int, code: str | None
) -> None:
    lines = written(tmp_path, 3)
    known = Mark(number, lines[number - 1].digest if 0 < number < 4 else b"", intended)

    found = None
    try:
        check(known, tmp_path)
    except NotCurrent as error:
        found = error.code

    assert found == code


@pytest.mark.rule(35)
def test_a_missing_and_another_databases_journal_are_told_apart(tmp_path: Path) -> None:
    written(tmp_path / "other", 3)
    known = Mark(3, b"\1" * 32, 3)

    with pytest.raises(NotCurrent) as foreign:
        check(known, tmp_path / "other")
    with pytest.raises(NotCurrent) as missing:
        check(known, tmp_path / "nowhere")

    assert [foreign.value.code, missing.value.code] == ["journal_foreign", "journal_missing"]
