"""HMAC-SHA256 for many short messages under one key and prefix (RFC 2104).

Hashing the padded key once and copying the state takes less than half the time of ``hmac.digest``;
a property test holds the two equal.
"""

import hashlib
from collections.abc import Callable

_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


def keyed_hash(key: bytes, prefix: bytes = b"") -> Callable[[bytes], bytes]:
    """Return a function from message to the 32 bytes of HMAC-SHA256(key, prefix + message)."""
    padded = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    copy_inner = hashlib.sha256(padded.translate(_INNER) + prefix).copy
    copy_outer = hashlib.sha256(padded.translate(_OUTER)).copy

    def digest(message: bytes) -> bytes:
        inner = copy_inner()
        inner.update(message)
        outer = copy_outer()
        outer.update(inner.digest())
        return outer.digest()

    return digest
