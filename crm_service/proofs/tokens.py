"""The token in a one-time link: which proof, of which controller, and that we wrote it.

35 bytes as 56 characters of lower-case base32: the number of the link key, the controller's link
reference (4), the proof's id (16), HMAC-SHA256 of these under the link key, its first 112 bits.
What it is good for, for how long and whether it was used stands in the proof's row; the secret
stands in no database.
"""

import base64
import binascii
import hmac
import re
import uuid
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from crm_service.keyring import Keyring

PATH: Final = "/p/"

_DOMAIN: Final = b"crm-service/address-proof/v1\0"
_SIGNED: Final = 21
_MAC: Final = 14
_CHARACTERS: Final = 56
_MAX_CHARACTERS: Final = 300
_FOREIGN: Final = re.compile("[^a-z2-7]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a token says."""

    controller_ref: int
    proof_id: uuid.UUID


def sign(keyring: Keyring, reference: Reference) -> str:
    """Return the token, made with the newest link key."""
    version = keyring.current_link_version
    signed = bytes((version,)) + reference.controller_ref.to_bytes(4, "big")
    signed += reference.proof_id.bytes
    raw = signed + _mac(keyring.keys["link"][version], signed)
    return base64.b32encode(raw).decode("ascii").lower()


def read(keyring: Keyring, text: str) -> Reference | None:
    """Return what a token says, or None if it is not ours; compares in constant time.

    Upper case, and punctuation or spaces that mail software added, do no harm.
    """
    if len(text) > _MAX_CHARACTERS:
        return None
    bare = _FOREIGN.sub("", unquote(text).lower())
    if len(bare) != _CHARACTERS:
        return None
    try:
        raw = base64.b32decode(bare.upper())
    except binascii.Error:  # pragma: no cover - 56 characters of the alphabet always decode
        return None
    signed, mac = raw[:_SIGNED], raw[_SIGNED:]
    key = keyring.link_key(raw[0])
    if key is None or not hmac.compare_digest(mac, _mac(key, signed)):
        return None
    return Reference(int.from_bytes(signed[1:5], "big"), uuid.UUID(bytes=signed[5:]))


def url(public_url: str, token: str) -> str:
    """Return the link: shorter than 120 characters on a base URL of 60."""
    return f"{public_url}{PATH}{token}"


def _mac(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, _DOMAIN + signed, "sha256")[:_MAC]
