"""Proof that an undo comes from the result page of that very click (rule 14).

A link alone can only opt out. The page that answers a click also holds this text, which names the
click, lasts 30 minutes and fits this link alone.
"""

import hmac
import uuid
from datetime import datetime, timedelta
from typing import Final

from crm_service.keyring import Keyring
from crm_service.unsubscribe import base32
from crm_service.unsubscribe.tokens import Link

VALID_FOR: Final = timedelta(minutes=30)

_DOMAIN: Final = b"crm-service/unsubscribe-undo/v1\0"
_SIGNED: Final = 21
_MAC: Final = 14


def issue(keyring: Keyring, link: Link, correlation: uuid.UUID, now: datetime) -> str:
    """Return the proof of the click with this correlation, made at ``now``."""
    version = keyring.current_link_version
    until = int((now + VALID_FOR).timestamp())
    signed = bytes((version,)) + until.to_bytes(4, "big") + correlation.bytes
    return base32.encode(signed + _mac(keyring.keys["link"][version], link, signed))


def read(keyring: Keyring, link: Link, text: str, now: datetime) -> uuid.UUID | None:
    """Return the correlation of the click, or None: forged, of another link, or too old."""
    try:
        raw = base32.decode(text)
    except ValueError:
        return None
    signed, mac = raw[:_SIGNED], raw[_SIGNED:]
    key = keyring.link_key(raw[0]) if len(mac) == _MAC else None
    if key is None or not hmac.compare_digest(mac, _mac(key, link, signed)):
        return None
    if now.timestamp() > int.from_bytes(signed[1:5], "big"):
        return None
    return uuid.UUID(bytes=signed[5:])


def _mac(key: bytes, link: Link, signed: bytes) -> bytes:
    facts = f"{link.controller_ref}:{link.channel}:{link.topic_ref}:{link.campaign_ref}:"
    message = _DOMAIN + signed + facts.encode() + link.address_key.bytes
    return hmac.digest(key, message, "sha256")[:_MAC]
