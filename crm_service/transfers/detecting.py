"""What a file is before a row of it is read: its digest, its encoding, and whether it is text.

The whole file is looked at, in bounded memory: an export whose first accented letter stands in its
last row must not be found out halfway through.
"""

import codecs
import hashlib
import io
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from crm_service.errors import Invalid

_BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TEXT = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}
#: Never unpacked: a few kilobytes may hold gigabytes.
_COMPRESSED = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zX": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
}
#: Exports of Western systems without a mark.
_WESTERN = "cp1252"
#: More broken characters than this for each whole one, and the text was never UTF-8.
_HARDLY_ANY = 50
#: Text encodings in name only: they unpack, escape, or take time that grows with the square.
_NO_ENCODINGS = frozenset(
    {"charmap", "idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf-7"}
)


class Unreadable(Invalid):
    """The file cannot be imported as it is; the message says what to do. Nothing was stored."""

    code = "unreadable_file"


class Source(Protocol):
    """Something that can be read from its beginning as often as need be."""

    def open(self) -> BinaryIO:
        """Return a new stream of the bytes."""


@dataclass(frozen=True)
class Found:
    """What a look at all bytes has shown. ``is_guess``: likelihood alone says the encoding."""

    sha256: bytes
    size: int
    encoding: str
    is_guess: bool = False


def detect(source: Source, encoding: str | None = None) -> Found:
    """Return what the file is; ``encoding`` overrides the guess.

    Raises ``Unreadable`` for what is no text, and for text that breaks its own encoding.
    """
    if encoding is not None:
        _refuse_no_encoding(encoding)
    digest, size, nulls, head, is_utf8 = hashlib.sha256(), 0, [0, 0], b"", True
    utf8 = codecs.getincrementaldecoder("utf-8")()
    with source.open() as stream:
        while block := stream.read(_BLOCK):
            head = head or block[:4]
            digest.update(block)
            nulls[0] += block[::2].count(0)
            nulls[1] += block[1::2].count(0)
            size += len(block)
            is_utf8 = is_utf8 and _decodes(utf8, block)
    is_utf8 = is_utf8 and _decodes(utf8, b"", final=True)
    refuse_other_formats(head)
    if encoding is None:
        encoding = _by_mark(head) or ("utf-8" if is_utf8 and not _is_wide(nulls, size) else None)
    found = encoding or _guess(source, nulls, size)
    if not (is_utf8 and found in {"utf-8", "utf-8-sig"}):
        _check(source, found)
    return Found(digest.digest(), size, found, is_guess=encoding is None and found == _WESTERN)


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def refuse_other_formats(head: bytes) -> None:
    """Raise ``Unreadable`` where the first bytes are no text's (``compressed_file`` if packed)."""
    for code, marks in (("compressed_file", _COMPRESSED), (Unreadable.code, _NO_TEXT)):
        for mark, name in marks.items():
            if head.startswith(mark):
                advice = "save or export it as CSV and import that"
                raise Unreadable(f"the file is {name}: {advice}", code=code)


def _refuse_no_encoding(name: str) -> None:
    try:
        found = codecs.lookup(name).name
        io.TextIOWrapper(io.BytesIO(), found)  # refuses what only pretends to be a text encoding
    except (LookupError, ValueError):
        found = ""
    if not found or found.replace("_", "-") in {one.replace("_", "-") for one in _NO_ENCODINGS}:
        message = f"there is no encoding called '{name[:40]}'; try utf-8, cp1252 or utf-16"
        raise Unreadable(message, code="unknown_encoding", errors={"encoding": [message]})


def _by_mark(head: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def _is_wide(nulls: list[int], size: int) -> bool:
    """Tell whether every other byte is mostly zero: UTF-16 without its mark."""
    return max(nulls) * 5 > size and min(nulls) * 20 < max(nulls)


def _guess(source: Source, nulls: list[int], size: int) -> str:
    if _is_wide(nulls, size):
        return "utf-16-le" if nulls[1] > nulls[0] else "utf-16-be"
    _refuse_damaged_utf8(source)
    return _WESTERN


def _refuse_damaged_utf8(source: Source) -> None:
    """Refuse UTF-8 with some wrong bytes: read as anything else, every other name is garbled.

    Text of another encoding is hardly ever UTF-8 as well, not for the length of one character.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    whole = damaged = 0
    with source.open() as stream:
        while block := stream.read(_BLOCK):
            text = decoder.decode(block)
            broken = text.count("\ufffd")
            damaged += broken
            whole += len(text) - len(text.encode("ascii", "ignore")) - broken
    if whole * _HARDLY_ANY >= damaged:
        raise _wrong_encoding("utf-8", _broken_at(source, "utf-8") or 0)


def _check(source: Source, encoding: str) -> None:
    at = _broken_at(source, encoding)
    if at is not None:
        raise _wrong_encoding(encoding, at)


def _broken_at(source: Source, encoding: str) -> int | None:
    """Return the place of the first byte that ``encoding`` cannot explain, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with source.open() as stream:
        while block := stream.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeError as error:
                return done + int(getattr(error, "start", 0))
            done += len(block)
    return None if _decodes(decoder, b"", final=True) else done


def _wrong_encoding(encoding: str, at: int) -> Unreadable:
    return Unreadable(
        f"the file is not the {encoding} text that it seems to be: byte {at + 1:,} breaks it. "
        "Export it again as UTF-8, or name its encoding (--encoding, or the field encoding)",
        code="wrong_encoding",
        byte=at + 1,
    )
