"""From what a source said to a row that may be stored, or a reason why not."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from crm_service.addresses import InvalidAddress, normalize_email
from crm_service.engagement import cleaning, devices
from crm_service.engagement.devices import Device
from crm_service.engagement.incoming import BOUNCES, MAX_EVENT_ID, TYPES, Incoming
from crm_service.keyed_hash import keyed_hash

#: No message is older; and how far a source's clock may run ahead.
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)

#: An address key is the beginning of the address's keyed hash (``addresses.address_key``).
KEY_BYTES = 16

#: Of the three ways to name the recipient, those that an event leaves out.
_ALL_BUT_ONE = 2

_KNOWN = frozenset(TYPES)
#: What people do with a message, unless a machine does it.
_ENGAGING = frozenset({"opened", "clicked"})


class Refused(Exception):
    """The event cannot be stored. ``code`` is stable; the text says what to do about it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Row(NamedTuple):
    """One event as it is stored, in the order of ``repository.COLUMNS``, then what goes elsewhere.

    ``key``: the address key, hexadecimal; empty where ``said`` names a contact, until that is
    looked up. ``digest`` (hexadecimal) is by which the event is recognized again.
    """

    key: str
    type: str
    occurred_at: datetime
    source: str
    message_id: str | None
    campaign: str | None
    topic: str | None
    bounce: str | None
    reason: str | None
    description: str | None
    mta_response: str | None
    url: str | None
    client: str | None
    os: str | None
    device: str | None
    machine: bool
    signal: str | None
    tags: list[str] | None
    metadata: dict[str, str] | None
    digest: str
    said: Incoming


class Acceptor:
    """Checks the events of one controller, one after the other."""

    def __init__(self, pepper: bytes, now: datetime) -> None:
        self._hash_email = keyed_hash(pepper, b"email:")
        self._digests = hashlib.blake2b(digest_size=16, key=pepper)
        self._latest = now + AHEAD

    def accept(self, event: Incoming) -> Row:
        """Return the row. Raises ``Refused``."""
        self._check(event)
        kind = event.type if event.type in _KNOWN else "unknown"
        device = devices.read(event.user_agent)
        signal = _signal(event, device) if kind in _ENGAGING else None
        # By place: naming twenty fields takes longer than all that is left to do.
        return Row(
            self._key(event),
            kind,
            event.occurred_at,
            cleaning.name(event.source) or "unknown",
            cleaning.name(event.message_id),
            cleaning.name(event.campaign),
            cleaning.name(event.topic),
            event.bounce if event.bounce in BOUNCES else None,
            cleaning.text(event.reason) if event.reason else None,
            cleaning.text(event.description) if event.description else None,
            cleaning.text(event.mta_response) if event.mta_response else None,
            cleaning.url(event.url) if event.url else None,
            device.client,
            device.os,
            device.kind,
            signal is not None,
            signal,
            cleaning.tags(event.tags) if event.tags else None,
            cleaning.metadata(event.metadata) if event.metadata else None,
            self._digest(event),
            event,
        )

    def _check(self, event: Incoming) -> None:
        if not 1 <= len(event.event_id) <= MAX_EVENT_ID:
            raise Refused("invalid_event_id", f"event_id must be 1 to {MAX_EVENT_ID} characters")
        if event.occurred_at.tzinfo is None:
            raise Refused("invalid_occurred_at", "occurred_at must say its offset from UTC")
        if not EARLIEST <= event.occurred_at <= self._latest:
            raise Refused(
                "occurred_at_out_of_range",
                "occurred_at must lie between 1995 and one day ahead of now",
            )
        if (event.email, event.contact_id, event.address_key).count(None) != _ALL_BUT_ONE:
            raise Refused("recipient_missing", "name the recipient by exactly one of its fields")

    def _key(self, event: Incoming) -> str:
        if event.email is None:
            return event.address_key.hex if event.address_key is not None else ""
        try:
            normalized = normalize_email(event.email).encode()
        except InvalidAddress as error:
            raise Refused("invalid_address", str(error)) from None
        return self._hash_email(normalized)[:KEY_BYTES].hex()

    def _digest(self, event: Incoming) -> str:
        digest = self._digests.copy()
        digest.update(f"{event.source}\0{event.event_id}".encode(errors="replace"))
        return digest.hexdigest()


def _signal(event: Incoming, device: Device) -> str | None:
    return "stated" if event.machine is True else device.signal
