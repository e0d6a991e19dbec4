"""The two tokens of tracking: whose message it is, and where a link leads.

A recipient's token, 45 bytes as 72 characters of lower-case base32, is made when a check hands it
out:

======  =====  ========================================================
offset  bytes  meaning
======  =====  ========================================================
0       1      number of the link key
1       4      the controller's link reference
5       16     address key
21      4      the topic's link reference
25      5      campaign reference; 0 is none
30      4      when it was made, in seconds since 1970
34      11     HMAC-SHA256 of the preceding, its first 88 bits
======  =====  ========================================================

A link's reference, 15 bytes as 24 characters, is the number of the link key and 112 bits of
HMAC-SHA256 over the controller and the destination: the destination is inside the signature, so
that nothing leads anywhere but where the controller said.

A tracked link is both, one behind the other: a sender joins texts, and asks once a link and once a
recipient.
"""

import hmac
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

from crm_service.keyed_hash import keyed_hash
from crm_service.keyring import Keyring
from crm_service.unsubscribe import base32
from crm_service.unsubscribe.links import Aim

RECIPIENT_CHARACTERS: Final = 72
REFERENCE_CHARACTERS: Final = 24
_SIGNED: Final = 34
_MAC: Final = 11
_LINK_MAC: Final = 14
_RECIPIENT: Final = b"crm-service/tracked-recipient/v1\0"
_LINK: Final = b"crm-service/tracked-link/v1\0"
_LATEST: Final = 2**32 - 1
#: A token that was percent-encoded twice still fits; nothing longer is looked at.
_MAX_TEXT: Final = 1000
_FOREIGN = re.compile(rf"[^{base32.ALPHABET}]+")


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a recipient's token says."""

    controller_ref: int
    address_key: uuid.UUID
    topic_ref: int
    campaign_ref: int
    made_at: datetime


class Signer:
    """Makes the tokens of one message for any number of recipients."""

    def __init__(self, keyring: Keyring, aim: Aim, made_at: datetime) -> None:
        version = keyring.current_link_version
        self._head = bytes((version,)) + aim.controller_ref.to_bytes(4, "big")
        seconds = min(int(made_at.timestamp()), _LATEST)
        self._tail = (
            aim.topic_ref.to_bytes(4, "big")
            + aim.campaign_ref.to_bytes(5, "big")
            + seconds.to_bytes(4, "big")
        )
        self._mac = keyed_hash(keyring.keys["link"][version], _RECIPIENT + self._head)

    def many(self, address_keys: Sequence[bytes]) -> list[str]:
        """Return the token for each raw address key, in order."""
        head, tail, mac = self._head, self._tail, self._mac
        return base32.encode_each(
            [head + key + tail + mac(key + tail)[:_MAC] for key in address_keys]
        )


def read(keyring: Keyring, text: str) -> Tracked | None:
    """Return what a recipient's token says, or None if it is not ours; in constant time."""
    token = _mended(text, RECIPIENT_CHARACTERS)
    return _tracked(keyring, token) if token else None


def read_click(keyring: Keyring, text: str) -> tuple[Tracked, str] | None:
    """Return whose a tracked link is, and its reference; None if the token is not ours."""
    both = _mended(text, RECIPIENT_CHARACTERS + REFERENCE_CHARACTERS)
    if both is None:
        return None
    tracked = _tracked(keyring, both[:RECIPIENT_CHARACTERS])
    return (tracked, both[RECIPIENT_CHARACTERS:]) if tracked else None


def reference(keyring: Keyring, controller_ref: int, url: str, version: int | None = None) -> str:
    """Return the reference of a destination, under the newest link key or the one named.

    The same destination has the same reference for one controller and key. Raises ``KeyError`` for
    a key that there never was.
    """
    version = keyring.current_link_version if version is None else version
    said = _LINK + controller_ref.to_bytes(4, "big") + url.encode()
    mac = hmac.digest(keyring.keys["link"][version], said, "sha256")[:_LINK_MAC]
    return base32.encode(bytes((version,)) + mac)


def leads_to(keyring: Keyring, controller_ref: int, ref: str, url: str) -> bool:
    """Tell whether this reference was really made for this destination; in constant time."""
    version = base32.decode(ref)[0]
    if keyring.link_key(version) is None:
        return False
    return hmac.compare_digest(ref, reference(keyring, controller_ref, url, version))


def _tracked(keyring: Keyring, token: str) -> Tracked | None:
    raw = base32.decode(token)
    key = keyring.link_key(raw[0])
    if key is None:
        return None
    mac = hmac.digest(key, _RECIPIENT + raw[:_SIGNED], "sha256")[:_MAC]
    if not hmac.compare_digest(mac, raw[_SIGNED:]):
        return None
    return Tracked(
        controller_ref=int.from_bytes(raw[1:5], "big"),
        address_key=uuid.UUID(bytes=raw[5:21]),
        topic_ref=int.from_bytes(raw[21:25], "big"),
        campaign_ref=int.from_bytes(raw[25:30], "big"),
        made_at=datetime.fromtimestamp(int.from_bytes(raw[30:34], "big"), UTC),
    )


def _mended(text: str, characters: int) -> str | None:
    """Return the token that mail software left of one: other case, punctuation, encodings."""
    if len(text) > _MAX_TEXT:
        return None
    bare = _FOREIGN.sub("", unquote(unquote(text)).lower())
    return bare if len(bare) == characters else None
