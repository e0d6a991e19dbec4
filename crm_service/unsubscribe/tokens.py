"""The token in a link: who leaves what, for whom, and the proof that we wrote it (rule 10).

45 bytes as 72 characters of lower-case base32, so that a token has one spelling and no character
that mail software rewrites:

======  =====  ========================================================
offset  bytes  meaning
======  =====  ========================================================
0       1      number of the link key
1       1      channel
2       4      the controller's link reference
6       16     address key
22      4      the topic's link reference; 0 is all marketing
26      5      campaign reference; 0 is none
31      14     HMAC-SHA256 of the preceding, its first 112 bits
======  =====  ========================================================

A token holds no address and no expiry. Whoever holds one can opt its address out, and nothing else.
"""

import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crm_service.keyed_hash import keyed_hash
from crm_service.keyring import Keyring
from crm_service.unsubscribe import base32, mending

#: What the channel's byte says. Numbers are for ever: links never expire.
CHANNELS: Final = {"email": 1, "sms": 2, "phone": 3, "post": 4}
#: The kind of address that a channel's links name by its key. E-mail stands for the person on a
#: channel that has no address of its own to compare.
KINDS: Final = {"email": "email", "sms": "phone", "phone": "phone", "post": "email"}

_CHANNEL_NAMES: Final = {number: name for name, number in CHANNELS.items()}
_SIGNED: Final = 31
_KEY: Final = 16
_MAC: Final = 14
_DOMAIN: Final = b"crm-service/unsubscribe-link/v1\0"
_CAMPAIGN_BYTES: Final = 5


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says. ``topic_ref`` 0 means all marketing, ``campaign_ref`` 0 no campaign."""

    controller_ref: int
    channel: str
    address_key: uuid.UUID
    topic_ref: int = 0
    campaign_ref: int = 0


class Signer:
    """Signs links that differ in the address key alone, with the newest link key.

    Raises ``KeyError`` for a channel without links (advertising audiences), ``OverflowError`` for a
    reference that does not fit, ``ValueError`` for a key that is not 16 bytes.
    """

    def __init__(
        self, keyring: Keyring, controller_ref: int, channel: str, topic_ref: int, campaign_ref: int
    ) -> None:
        version = keyring.current_link_version
        self._head = bytes((version, CHANNELS[channel])) + controller_ref.to_bytes(4, "big")
        self._tail = topic_ref.to_bytes(4, "big") + campaign_ref.to_bytes(_CAMPAIGN_BYTES, "big")
        self._mac = keyed_hash(keyring.keys["link"][version], _DOMAIN + self._head)

    def __call__(self, address_key: bytes) -> str:
        """Return the token for the 16 raw bytes of an address key."""
        return base32.encode(self._signed(address_key))

    def many(self, address_keys: Sequence[bytes]) -> list[str]:
        """Return the tokens for many keys in their order, three times as fast as one by one."""
        return base32.encode_each([self._signed(key) for key in address_keys])

    def _signed(self, address_key: bytes) -> bytes:
        if len(address_key) != _KEY:
            raise ValueError("an address key has 16 bytes")
        varying = address_key + self._tail
        return self._head + varying + self._mac(varying)[:_MAC]


def signer(
    keyring: Keyring, controller_ref: int, channel: str, topic_ref: int, campaign_ref: int
) -> Signer:
    """Return what turns raw address keys into the tokens of one topic and campaign."""
    return Signer(keyring, controller_ref, channel, topic_ref, campaign_ref)


def sign(keyring: Keyring, link: Link) -> str:
    """Return the token of one link."""
    sign_key = signer(keyring, link.controller_ref, link.channel, link.topic_ref, link.campaign_ref)
    return sign_key(link.address_key.bytes)


def read(keyring: Keyring, text: str) -> Link | None:
    """Return what a token says, however mail software mangled it, or None if it is not ours.

    Works with every link key there ever was; compares in constant time.
    """
    for candidate in mending.candidates(text):
        link = _verified(keyring, base32.decode(candidate))
        if link is not None:
            return link
    return None


def campaign_ref(pepper: bytes, name: str) -> int:
    """Return the 40-bit reference under which links name a controller's campaign; never 0."""
    digest = hmac.digest(pepper, f"campaign:{name}".encode(), "sha256")
    return int.from_bytes(digest[:_CAMPAIGN_BYTES], "big") or 1


def _verified(keyring: Keyring, raw: bytes) -> Link | None:
    key = keyring.link_key(raw[0])
    channel = _CHANNEL_NAMES.get(raw[1])
    if key is None or channel is None:
        return None
    mac = hmac.digest(key, _DOMAIN + raw[:_SIGNED], "sha256")[:_MAC]
    if not hmac.compare_digest(mac, raw[_SIGNED:]):
        return None
    return Link(
        controller_ref=int.from_bytes(raw[2:6], "big"),
        channel=channel,
        address_key=uuid.UUID(bytes=raw[6:22]),
        topic_ref=int.from_bytes(raw[22:26], "big"),
        campaign_ref=int.from_bytes(raw[26:31], "big"),
    )
