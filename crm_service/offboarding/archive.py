"""The file that a controller is handed: members, and a manifest that vouches for each.

A ZIP archive, readable by its owner alone, written and read as a stream: memory stays flat however
large a member is. Its last member, ``manifest.json``, names every other one with its SHA-256, its
size and how many lines it has.
"""

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from crm_service.errors import Invalid

MANIFEST = "manifest.json"
_OWNER_ALONE = 0o600
_PIECE = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Member:
    """What the manifest says of a member."""

    sha256: str
    bytes: int
    lines: int


class Measure:
    """Digest, size and number of lines of what passes by."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._lines = 0

    def take(self, piece: bytes) -> None:
        """Count a piece."""
        self._digest.update(piece)
        self._bytes += len(piece)
        self._lines += piece.count(b"\n")

    def member(self) -> Member:
        """Return what has passed by so far."""
        return Member(self._digest.hexdigest(), self._bytes, self._lines)


def measured(pieces: Iterable[bytes]) -> Member:
    """Return what the manifest would say of a member with this content."""
    measure = Measure()
    for piece in pieces:
        measure.take(piece)
    return measure.member()


class Writer:
    """Writes members one after the other, and the manifest behind them."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self.members: dict[str, Member] = {}

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a member from its pieces."""
        measure = Measure()
        with self._file.open(_entry(name), "w", force_zip64=True) as out:
            for piece in pieces:
                measure.take(piece)
                out.write(piece)
        self.members[name] = measure.member()

    def close(self, facts: dict[str, Any]) -> str:
        """Write the manifest with ``facts`` at its beginning; return its SHA-256."""
        files = {name: asdict(member) for name, member in self.members.items()}
        text = orjson.dumps({**facts, "files": files}, option=orjson.OPT_INDENT_2)
        self._file.writestr(_entry(MANIFEST), text + b"\n")
        return hashlib.sha256(text + b"\n").hexdigest()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = _OWNER_ALONE << 16
    return entry


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Yield a writer of a new file; it appears under its name only when it is whole.

    Raises ``Invalid`` (``file_exists``) rather than write over anything, and ``OSError``.
    """
    if path.exists():
        raise Invalid(f"{path} exists: name a new file", code="file_exists")
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE)
        with os.fdopen(descriptor, "wb") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
                yield Writer(file)
            raw.flush()
            os.fsync(raw.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


class Reader:
    """Reads an archive. Raises ``Invalid`` (``damaged_export``) where it cannot be read."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        raw = file.read(MANIFEST)
        self.sha256 = hashlib.sha256(raw).hexdigest()
        self.manifest: dict[str, Any] = orjson.loads(raw)
        self.members = {name: Member(**each) for name, each in self.manifest["files"].items()}

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a member's content piece by piece."""
        with self._file.open(name) as member:
            while piece := member.read(_PIECE):
                yield piece

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield a member's lines."""
        with self._file.open(name) as member:
            yield from member

    def wrong(self) -> Iterator[str]:
        """Yield each member that is not what the manifest says, is missing, or is not in it."""
        present = set(self._file.namelist()) - {MANIFEST}
        for name in sorted(present ^ self.members.keys()):
            yield f"{name} is {'not in the manifest' if name in present else 'missing'}"
        for name in sorted(present & self.members.keys()):
            if measured(self.pieces(name)) != self.members[name]:
                yield f"{name} is not what the manifest says"


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Yield a reader. Raises ``Invalid`` (``damaged_export``) and ``OSError``."""
    try:
        with zipfile.ZipFile(path) as file:
            yield Reader(file)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
        raise Invalid(
            f"{path} is no whole export: {type(error).__name__}", code="damaged_export"
        ) from None
