"""The secrets that live outside the database: address peppers, link keys, cursor keys.

Each purpose holds numbered versions. The pepper is permanent: once plain addresses are erased, a
new pepper could no longer find the suppressions of the old one. Link keys may be rotated by adding
a version: new links use the newest, old links keep working with theirs (rule 10).
"""

import hmac
import json
import secrets
import uuid
from dataclasses import dataclass, field
from functools import lru_cache

from crm_service.errors import ConfigurationError

PURPOSES = ("pepper", "link", "cursor")
KEY_BYTES = 32
#: A version travels in one byte of every link.
VERSIONS = range(1, 256)


@dataclass(frozen=True)
class Keyring:
    """Versioned secrets by purpose: ``{"pepper": {1: 32 bytes}, "link": {…}, "cursor": {…}}``."""

    keys: dict[str, dict[int, bytes]] = field(repr=False)

    @classmethod
    def create(cls) -> "Keyring":
        """Return a new keyring with one 256-bit key for each purpose."""
        return cls({purpose: {1: secrets.token_bytes(KEY_BYTES)} for purpose in PURPOSES})

    @classmethod
    def from_json(cls, text: str) -> "Keyring":
        """Read ``{"pepper": {"1": "<hex>"}, …}``.

        Raises ``ConfigurationError`` if the text is anything else.
        """
        try:
            keys = {
                purpose: {int(number): bytes.fromhex(key) for number, key in versions.items()}
                for purpose, versions in json.loads(text).items()
            }
        except (ValueError, AttributeError, TypeError) as error:
            raise ConfigurationError(
                f"the keyring cannot be read: {type(error).__name__}"
            ) from None
        for purpose in PURPOSES:
            versions = keys.get(purpose, {})
            if not versions or any(len(key) < KEY_BYTES for key in versions.values()):
                raise ConfigurationError(f"the keyring needs 32 bytes or more for '{purpose}'")
            if any(number not in VERSIONS for number in versions):
                raise ConfigurationError(f"the keyring's versions of '{purpose}' must be 1 to 255")
        return cls(keys)

    def to_json(self) -> str:
        """Return the text that ``from_json`` reads."""
        return json.dumps(
            {
                purpose: {str(number): key.hex() for number, key in versions.items()}
                for purpose, versions in self.keys.items()
            },
            indent=2,
        )

    def pepper(self, controller_id: uuid.UUID) -> bytes:
        """Return the controller's own pepper: no two controllers share address keys."""
        return _derived(self.keys["pepper"][1], controller_id.bytes)

    def link_key(self, version: int) -> bytes | None:
        """Return the link key with this number, or None if there never was one."""
        return self.keys["link"].get(version)

    @property
    def current_link_version(self) -> int:
        """The number of the link key that new links are signed with."""
        return max(self.keys["link"])

    @property
    def cursor_key(self) -> bytes:
        """The key that signs paging cursors; a cursor signed by an older one has merely expired."""
        return self.keys["cursor"][max(self.keys["cursor"])]

    def fingerprint(self, purpose: str, version: int) -> bytes:
        """Return 16 bytes by which a database recognizes its keyring, without revealing it."""
        return hmac.digest(self.keys[purpose][version], b"fingerprint", "sha256")[:16]


@lru_cache(maxsize=4096)
def _derived(pepper: bytes, context: bytes) -> bytes:
    return hmac.digest(pepper, b"controller:" + context, "sha256")
