"""The journal's files: a folder of segments, only ever appended to, each line durable when written.

A segment is named by the number of its first line. Segments older than the oldest backup that might
be restored may be moved away; the rest still proves itself from its first line on.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from crm_service.journal.lines import Damaged, Line, decode, encode

SEGMENT_BYTES = 64 * 1024 * 1024
_NAME = "journal-{:015d}.ndjson"
_PATTERN = "journal-*.ndjson"
#: More than the longest line, so that the end of a file holds a whole one.
_TAIL_BYTES = 64 * 1024


def prepare(folder: Path) -> None:
    """Create the folder, and prove that a file can be written there; none is left behind.

    Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def tail(folder: Path) -> Line | None:
    """Return the last whole line, or None where nothing was ever written.

    Raises ``Damaged``, and ``OSError`` where the folder cannot be read.
    """
    for segment in reversed(_segments(folder)):
        whole = _end(segment).rpartition(b"\n")[0]
        if whole:
            return decode(whole.rpartition(b"\n")[2])
    return None


def append(folder: Path, lines: Sequence[Line]) -> None:
    """Write lines behind the last one; durable when this returns. Raises ``OSError``."""
    if not lines:
        return
    segments = _segments(folder)
    path = segments[-1] if segments else None
    if path is not None:
        _cut_torn_line(path)
    if path is None or path.stat().st_size >= SEGMENT_BYTES:
        path = folder / _NAME.format(lines[0].number)
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    with os.fdopen(descriptor, "ab") as file:
        file.write(b"".join(map(encode, lines)))
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        _make_durable(folder)


def read(folder: Path, *, after: int = 0) -> Iterator[Line]:
    """Yield the lines behind number ``after``, each checked to follow the one before.

    Raises ``Damaged`` at the first that does not, and where lines behind ``after`` are missing.
    """
    previous: Line | None = None
    for segment in _since(_segments(folder), after):
        with segment.open("rb") as file:
            for text in file:
                if not text.endswith(b"\n"):
                    return
                line = decode(text)
                _follows(previous, line, after)
                previous = line
                if line.number > after:
                    yield line


def _follows(previous: Line | None, line: Line, after: int) -> None:
    if previous is None:
        if line.number > after + 1:
            raise Damaged(
                f"lines {after + 1} to {line.number - 1} of the journal are missing: put their "
                "segments back"
            )
    elif (line.number, line.previous) != (previous.number + 1, previous.digest):
        raise Damaged(f"line {line.number} of the journal does not follow line {previous.number}")


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob(_PATTERN))


def _since(segments: list[Path], after: int) -> list[Path]:
    """Leave out the segments that end before the line behind ``after``."""
    first = [int(path.stem.rpartition("-")[2]) for path in segments]
    kept = [at for at, number in enumerate(first) if number <= after + 1]
    return segments[kept[-1] :] if kept else segments


def _end(segment: Path) -> bytes:
    with segment.open("rb") as file:
        file.seek(max(0, segment.stat().st_size - _TAIL_BYTES))
        return file.read()


def _cut_torn_line(path: Path) -> None:
    """Remove what a crash left of a line that was never reported as written."""
    with path.open("rb+") as file:
        size = path.stat().st_size
        start = max(0, size - _TAIL_BYTES)
        file.seek(start)
        kept = file.read().rfind(b"\n") + 1
        if start + kept < size:
            file.truncate(start + kept)


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Not every file system lets a folder be synchronized.
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
