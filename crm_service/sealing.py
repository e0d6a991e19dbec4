"""Texts sealed at rest: AES-256-GCM, with keys derived from the keyring's link keys (clause se-07).

Each version of the link key stays in the keyring for ever (old links need it), so that whatever was
sealed can be opened; what is sealed anew uses the newest. A sealed text opens only for the use and
at the place that it was sealed for: both are part of what is authenticated.
"""

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crm_service.errors import ConfigurationError
from crm_service.keyring import Keyring

_NONCE_BYTES = 12


class Sealing:
    """Seals the texts of one use; the keys of two uses have nothing in common."""

    def __init__(self, use: str) -> None:
        self._use = f"crm-service:{use}:1"

    def seal(self, keyring: Keyring, place: bytes, text: str) -> bytes:
        """Return ``text`` such that only this keyring opens it, and only for this place."""
        version = keyring.current_link_version
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher(keyring, version).encrypt(nonce, text.encode(), place)
        return bytes([version]) + nonce + sealed

    def unseal(self, keyring: Keyring, place: bytes, sealed: bytes) -> str:
        """Return what was sealed. Raises ``ConfigurationError`` if this keyring cannot open it."""
        nonce, text = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher(keyring, sealed[0]).decrypt(nonce, text, place).decode()
        except InvalidTag:
            raise ConfigurationError("a stored secret was sealed with another keyring") from None

    def _cipher(self, keyring: Keyring, version: int) -> AESGCM:
        key = keyring.link_key(version)
        if key is None:
            raise ConfigurationError(f"the keyring lacks version {version} of 'link'")
        return AESGCM(hmac.digest(key, self._use.encode(), "sha256"))
