"""The text of an API key: ``crm_<prefix>_<secret>_<checksum>`` (rule 37).

The prefix tells keys apart in lists and logs; the secret is 256 bits; the checksum lets a mistyped
key be refused without asking the database, and lets scanners recognize a leaked one.
"""

import base64
import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass, field

from crm_service.errors import Unauthenticated

SECRET_BYTES = 32
_PREFIX_BYTES = 5

_KEY = re.compile(r"(crm_([a-z2-7]{8})_([a-z2-7]{52}))_([a-z2-7]{7})")


@dataclass(frozen=True)
class KeyText:
    """A key in the clear. It is shown once and never stored."""

    prefix: str
    secret: str = field(repr=False)

    @classmethod
    def create(cls) -> "KeyText":
        """Return a new random key."""
        prefix = _base32(secrets.token_bytes(_PREFIX_BYTES))
        return cls(prefix, _base32(secrets.token_bytes(SECRET_BYTES)))

    @classmethod
    def parse(cls, text: str) -> "KeyText":
        """Read what a caller sent. Raises ``Unauthenticated`` for what can be no key of ours."""
        match = _KEY.fullmatch(text)
        if match is None or match[4] != _checksum(match[1]):
            raise Unauthenticated("this is not a key of this service; check for a typing mistake")
        return cls(match[2], match[3])

    @property
    def plaintext(self) -> str:
        """The whole key as its holder keeps it."""
        body = f"crm_{self.prefix}_{self.secret}"
        return f"{body}_{_checksum(body)}"

    @property
    def sha256(self) -> bytes:
        """The digest that is stored; a random secret needs neither salt nor stretching."""
        return hashlib.sha256(self.secret.encode()).digest()


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _checksum(body: str) -> str:
    return _base32(zlib.crc32(body.encode()).to_bytes(4, "big"))
