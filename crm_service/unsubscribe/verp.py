"""Addresses that mail comes back to, with the proof in the local part (variable envelope return).

A local part holds 64 octets (RFC 5321 section 4.5.3.1.1), so the token of a link does not fit.
35 bytes as 56 characters of lower-case base32, behind ``unsub+`` or ``bounce+``:

======  =====  ========================================================
offset  bytes  meaning
======  =====  ========================================================
0       1      number of the link key
1       4      the controller's link reference
5       16     address key
21      4      ``unsub``: the topic's link reference, 0 is all marketing;
               ``bounce``: the campaign reference's first 32 bits
25      10     HMAC-SHA256 of purpose and the preceding, its first 80 bits
======  =====  ========================================================

The purpose stands in what is signed: whoever was sent an opt-out cannot make a bounce of it, which
would stop service mail, too (rule 10).
"""

import hmac
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crm_service.keyed_hash import keyed_hash
from crm_service.keyring import Keyring
from crm_service.unsubscribe import base32

UNSUBSCRIBE: Final = "unsub"
BOUNCE: Final = "bounce"
PURPOSES: Final = (UNSUBSCRIBE, BOUNCE)

TOKEN_CHARACTERS: Final = 56
_SIGNED: Final = 25
_MAC: Final = 10
_DOMAINS: Final = {
    UNSUBSCRIBE: b"crm-service/return-address/v1\0unsubscribe\0",
    BOUNCE: b"crm-service/return-address/v1\0bounce\0",
}
#: Bits of a campaign reference that do not fit.
CAMPAIGN_SHIFT: Final = 8

#: Forwarders wrap addresses (SRS, BATV) and mail systems change their case; some know another
#: delimiter only.
_LOCAL_PART = re.compile(
    rf"(?<![a-z0-9])({'|'.join(PURPOSES)})[+=_-]([{base32.ALPHABET}]{{{TOKEN_CHARACTERS}}})"
    rf"(?![{base32.ALPHABET}])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Returned:
    """What an address says: ``reference`` is a topic's, or a campaign's first 32 bits."""

    purpose: str
    controller_ref: int
    address_key: uuid.UUID
    reference: int = 0


class Signer:
    """Makes the return addresses of one purpose that differ in the address key alone.

    Raises ``KeyError`` for an unknown purpose, ``OverflowError`` for a reference that does not fit.
    """

    def __init__(
        self, keyring: Keyring, purpose: str, controller_ref: int, reference: int, domain: str
    ) -> None:
        version = keyring.current_link_version
        self._head = bytes((version,)) + controller_ref.to_bytes(4, "big")
        self._tail = reference.to_bytes(4, "big")
        self._mac = keyed_hash(keyring.keys["link"][version], _DOMAINS[purpose] + self._head)
        self._before = f"{purpose}+"
        self._behind = f"@{domain}"

    def many(self, address_keys: Sequence[bytes]) -> list[str]:
        """Return the address for each of the raw address keys, in order."""
        head, tail, mac = self._head, self._tail, self._mac
        signed = [head + key + tail + mac(key + tail)[:_MAC] for key in address_keys]
        before, behind = self._before, self._behind
        return [before + token + behind for token in base32.encode_each(signed)]


def addresses_in(keyring: Keyring, text: str, purpose: str) -> Iterator[Returned]:
    """Yield what each genuine return address of this purpose in ``text`` says.

    Works with every link key there ever was; compares in constant time. Linear in the text.
    """
    for stated, token in _LOCAL_PART.findall(text):
        if stated.lower() == purpose:
            found = _verified(keyring, purpose, base32.decode(token.lower()))
            if found is not None:
                yield found


def _verified(keyring: Keyring, purpose: str, raw: bytes) -> Returned | None:
    key = keyring.link_key(raw[0])
    if key is None:
        return None
    mac = hmac.digest(key, _DOMAINS[purpose] + raw[:_SIGNED], "sha256")[:_MAC]
    if not hmac.compare_digest(mac, raw[_SIGNED:]):
        return None
    return Returned(
        purpose=purpose,
        controller_ref=int.from_bytes(raw[1:5], "big"),
        address_key=uuid.UUID(bytes=raw[5:21]),
        reference=int.from_bytes(raw[21:25], "big"),
    )
