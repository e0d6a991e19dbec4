"""Reading the structure of a mail in bounded time and memory, whatever it is made of.

Not the standard library's parser: that one nests a generator a level and keeps every part. This one
looks at the beginning of a mail, at so many parts, so deep, and at so much of each; what lies
beyond is not there. It never raises.
"""

import binascii
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

#: What is looked at of one mail: reports stand at its beginning.
MAX_MESSAGE: Final = 4 * 1024 * 1024
_MAX_HEADER: Final = 256 * 1024
_MAX_FIELDS: Final = 500
_MAX_REPEATS: Final = 50
_MAX_VALUE: Final = 8 * 1024
_MAX_PARTS: Final = 100
_MAX_DEPTH: Final = 5
_MAX_CONTENT: Final = 256 * 1024
_MAX_BOUNDARY: Final = 200

_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_FIELD = re.compile(r"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)")
_PARAMETER = r'(?:^|[;\s]){}\s*=\s*(?:"([^"]{{0,200}})"|([^\s;"]{{1,200}}))'
_BOUNDARY = re.compile(_PARAMETER.format("boundary"), re.IGNORECASE)
_REPORT_TYPE = re.compile(_PARAMETER.format("report-type"), re.IGNORECASE)

Fields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Part:
    """One part: its header fields by lower-case name, in order, and its body as it came."""

    fields: Fields
    body: bytes

    @property
    def type(self) -> str:
        """The media type in lower case, without parameters; text/plain where none is stated."""
        return first(self.fields, "content-type").partition(";")[0].strip().lower() or "text/plain"

    @property
    def report_type(self) -> str:
        """The kind of report that a multipart/report says it is (RFC 6522), in lower case."""
        return _parameter(_REPORT_TYPE, first(self.fields, "content-type")).lower()

    @property
    def content(self) -> bytes:
        """The beginning of the body, decoded; as it came where the encoding is not kept."""
        encoding = first(self.fields, "content-transfer-encoding").strip().lower()
        raw = self.body[:_MAX_CONTENT]
        if encoding == "quoted-printable":
            return quopri.decodestring(raw)
        if encoding == "base64":
            return _from_base64(raw)
        return raw

    @property
    def text(self) -> str:
        """The same as text: reports are ASCII; what is not is replaced."""
        return self.content.decode("utf-8", "replace")


def parse(raw: bytes) -> list[Part]:
    """Return the mail itself and, behind it, every part inside it, outer parts first."""
    raw = raw[:MAX_MESSAGE].lstrip(b"\r\n")
    if raw.startswith(b"From "):  # an mbox delivers its own line before the header
        raw = raw.partition(b"\n")[2]
    parts = [Part(*split(raw))]
    queue = [(parts[0], 0)]
    for part, depth in queue:
        if depth < _MAX_DEPTH and part.type.startswith("multipart/"):
            room = _MAX_PARTS - len(parts)
            inside = [Part(*_entity(piece)) for piece in islice(_pieces(part), room)]
            parts += inside
            queue += [(one, depth + 1) for one in inside]
    return parts


def split(raw: bytes) -> tuple[Fields, bytes]:
    """Return header fields and body of an entity (RFC 5322 section 2.1)."""
    if raw.startswith((b"\n", b"\r\n")):
        return {}, raw.lstrip(b"\r\n")
    end = _END_OF_HEADER.search(raw, 0, _MAX_HEADER)
    if end is None:
        return fields(raw[:_MAX_HEADER]), b""
    return fields(raw[: end.start()]), raw[end.end() :]


def fields(block: bytes) -> dict[str, tuple[str, ...]]:
    """Return the fields of a block, unfolded; lines that are none are left out."""
    found: dict[str, tuple[str, ...]] = {}
    lines = _FOLD.sub(" ", block.decode("utf-8", "replace")).split("\n")
    for line in lines[:_MAX_FIELDS]:
        match = _FIELD.match(line[:_MAX_VALUE])
        if match is not None:
            name = match[1].lower()
            before = found.get(name, ())
            if len(before) < _MAX_REPEATS:
                found[name] = (*before, match[2].strip())
    return found


def _entity(piece: bytes) -> tuple[Fields, bytes]:
    """Return what ``split`` does of a piece, which begins with the end of its delimiter's line."""
    line, end, rest = piece.partition(b"\n")
    return split(rest) if end and not line.strip() else split(piece)


def first(of: Fields, name: str) -> str:
    """Return the first field of that name, or an empty text."""
    return of.get(name, ("",))[0]


def groups(block: bytes) -> list[Fields]:
    """Return the groups of fields that empty lines divide (RFC 3464 section 2.1)."""
    blocks = re.split(rb"\r?\n(?:[ \t]*\r?\n)+", block.strip())
    return [found for found in map(fields, blocks[:_MAX_PARTS]) if found]


def _pieces(part: Part) -> Iterator[bytes]:
    """Yield the parts of a multipart; one whose end is missing ends with the whole."""
    boundary = _parameter(_BOUNDARY, first(part.fields, "content-type")).rstrip()
    if not 0 < len(boundary) <= _MAX_BOUNDARY:
        return
    # A line end before the body, so that every delimiter begins alike and is found fast.
    body = b"\n" + part.body
    line = re.compile(rb"\n--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    begins: int | None = None
    for match in line.finditer(body):
        if begins is not None:
            yield body[begins : match.start()]
        begins = match.end()
        if match[1]:
            return
    if begins is not None:
        yield body[begins:]


def _parameter(pattern: re.Pattern[str], value: str) -> str:
    match = pattern.search(value)
    return (match[1] or match[2] or "") if match else ""


def _from_base64(raw: bytes) -> bytes:
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    usable = len(clean) - len(clean) % 4
    try:
        return binascii.a2b_base64(clean[:usable])
    except binascii.Error:
        return raw
