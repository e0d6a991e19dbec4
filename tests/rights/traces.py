"""Looking for traces of a person: in every table, file, log, event and queue of a service."""

import hashlib
import json
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

Admin = psycopg.Connection[TupleRow]

_TABLES = """
SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'm')
    AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
"""
#: What PostgreSQL itself writes: dead rows until vacuum, its log until it is recycled.
_SERVERS_OWN = "postgres"


class Somebody:
    """A person of whom nothing is like anybody else's: every text is random, so that it is found.

    ``said`` are the texts by what they are; ``email`` has a local part and a domain of its own.
    """

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.domain = f"bücher-{self.word('domain')}.example.com"
        self.email = f"{self.word('local part')}.Tamm@{self.domain}"
        self.phone = f"+3725{self.digits('phone', 7)}"

    def word(self, what: str) -> str:
        """Return a new word of the person's."""
        return self.said.setdefault(what, f"zq{secrets.token_hex(5)}")

    def digits(self, what: str, count: int) -> str:
        """Return new digits of the person's; the first is not zero."""
        text = str(secrets.randbelow(9 * 10 ** (count - 1)) + 10 ** (count - 1))
        return self.said.setdefault(what, text)

    def needles(self) -> dict[str, list[bytes]]:
        """Return what to look for: each text, and hashes of the address that anybody can make."""
        normal = self.email.lower().replace(self.domain, self.domain.encode("idna").decode())
        hashes = [hashlib.new(name, normal.encode()) for name in ("md5", "sha1", "sha256")]
        plain = {what: [text.encode()] for what, text in self.said.items()}
        return plain | {
            f"{one.name} of the address": [one.hexdigest().encode(), one.digest()] for one in hashes
        }


def places(somebody: Somebody, texts: Iterable[tuple[str, bytes]]) -> dict[str, set[str]]:
    """Return where each text of the person stands, case ignored."""
    found: dict[str, set[str]] = {}
    needles = somebody.needles()
    for place, text in texts:
        lower = text.lower()
        for what, ways in needles.items():
            if any(way in lower or way in text for way in ways):
                found.setdefault(what, set()).add(place)
    return found


def rows(admin: Admin) -> Iterator[tuple[str, bytes]]:
    """Yield every table with all that stands in it, partitions and compressed contents too."""
    for (table,) in admin.execute(_TABLES).fetchall():
        held = admin.execute(sql.SQL("SELECT * FROM {}").format(sql.SQL(table)))
        yield table, b"\n".join(_plain(value) for row in held for value in row)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below the folder but those of the database server."""
    for path in folder.rglob("*"):
        if path.is_file() and _SERVERS_OWN not in path.relative_to(folder).parts:
            yield f"file {path.name}", path.read_bytes()


def _plain(value: Any) -> bytes:
    if isinstance(value, bytes):
        with suppress(zlib.error):
            return zlib.decompress(value)
        return value
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str).encode()
    return str(value).encode()
