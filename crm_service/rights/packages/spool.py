"""Bytes that are written once and read once, in bounded memory and never in the clear on a disk."""

import secrets
import tempfile
from collections.abc import Iterator
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

#: Up to here a spool stays in memory; beyond, in a file without a name.
_IN_MEMORY: Final = 1024 * 1024
_PIECE: Final = 64 * 1024


class Spool:
    """Write, then iterate. The file holds ciphertext whose key is in this object alone.

    So that whatever a disk keeps of it is of no use once the object is gone. Closing it, or its
    end of life, removes it.
    """

    def __init__(self) -> None:
        self._cipher = Cipher(AES(secrets.token_bytes(32)), CTR(secrets.token_bytes(16)))
        self._encrypt = self._cipher.encryptor().update
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - close() ends it
        self._size = 0

    @property
    def size(self) -> int:
        """Return how many bytes were written."""
        return self._size

    def write(self, piece: bytes) -> int:
        """Add a piece."""
        self._file.write(self._encrypt(piece))
        self._size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Do nothing: what writes to files expects it."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield it all from the beginning."""
        decrypt = self._cipher.decryptor().update
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield decrypt(piece)

    def close(self) -> None:
        """Remove it."""
        self._file.close()
