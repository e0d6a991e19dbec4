"""Uploaded files: in pieces in the database, where every process finds them, in little memory.

A piece is a transaction of its own: no connection waits for a slow client, and nothing holds back
the feed of events. A file that no import came of is forgotten by the worker.
"""

import io
import uuid
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, cast

from crm_service.db import Connection
from crm_service.transfers.detecting import refuse_other_formats

#: Bytes of a piece before it is compressed.
PIECE = 1 << 20
_FAST = 1

#: Opens a transaction that sees one controller's rows.
Connect = Callable[[], AbstractContextManager[Connection]]

_KEEP = """
INSERT INTO import_files (controller_id, import_id, number, content) VALUES (%s, %s, %s, %s)
"""
_FETCH = """
SELECT content FROM import_files WHERE controller_id = %s AND import_id = %s AND number = %s
"""
_FORGET = "DELETE FROM import_files WHERE controller_id = %s AND import_id = %s"


class Receiver(io.RawIOBase):
    """Takes the bytes of one upload. ``size``: how many came; ``pieces``: how many are stored."""

    def __init__(self, connect: Connect, controller_id: uuid.UUID, import_id: uuid.UUID) -> None:
        self._connect = connect
        self._controller_id = controller_id
        self._import_id = import_id
        self._waiting = bytearray()
        self.pieces = 0
        self.size = 0

    def writable(self) -> bool:
        """Tell that bytes may be written."""
        return True

    def seek(self, _offset: int, _whence: int = 0, /) -> int:
        """Do nothing: parsers of forms rewind what they have filled."""
        return 0

    def write(self, data: object, /) -> int:
        """Take bytes. Raises ``Unreadable`` where the first ones are no table's."""
        sent = memoryview(cast("bytes", data))
        self._waiting += sent
        self.size += len(sent)
        while len(self._waiting) >= PIECE:
            self._store(bytes(self._waiting[:PIECE]))
            del self._waiting[:PIECE]
        return len(sent)

    def finish(self) -> None:
        """Store what is left. An empty file is a piece of no bytes."""
        if self._waiting or self.pieces == 0:
            self._store(bytes(self._waiting))
            self._waiting.clear()

    def _store(self, piece: bytes) -> None:
        if self.pieces == 0:
            refuse_other_formats(piece)
        content = zlib.compress(piece, _FAST)
        with self._connect() as connection:
            connection.execute(_KEEP, (self._controller_id, self._import_id, self.pieces, content))
        self.pieces += 1


@dataclass(frozen=True)
class StoredFile:
    """A file that was uploaded, of ``size`` bytes; a ``Source``."""

    connect: Connect
    controller_id: uuid.UUID
    import_id: uuid.UUID
    size: int

    def open(self) -> BinaryIO:
        """Return a new stream of the bytes."""
        return io.BufferedReader(_Pieces(self), PIECE)

    def piece(self, number: int) -> bytes | None:
        """Return one piece, None behind the last one."""
        with self.connect() as connection:
            facts = (self.controller_id, self.import_id, number)
            row = connection.execute(_FETCH, facts).fetchone()
        return zlib.decompress(row[0]) if row else None


class _Pieces(io.RawIOBase):
    def __init__(self, file: StoredFile) -> None:
        self._file = file
        self._number = 0
        self._position = 0
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: object, /) -> int:
        if not self._left:
            self._left = memoryview(self._next())
        into = memoryview(cast("bytearray", buffer))
        taken = self._left[: len(into)]
        into[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        self._position += len(taken)
        return len(taken)

    def _next(self) -> bytes:
        """Return the next piece; an end before the end would be taken for a shorter file."""
        piece = self._file.piece(self._number)
        if piece is None and self._position != self._file.size:
            raise LookupError("a piece of the uploaded file is missing")
        self._number += 1
        return piece or b""


def forget(connection: Connection, controller_id: uuid.UUID, import_id: uuid.UUID) -> None:
    """Delete the file."""
    connection.execute(_FORGET, (controller_id, import_id))
