"""From what a source said to a row that may be stored, or a reason why not."""

import hashlib
import uuid
from collections.abc import Mapping
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

    ``digest`` is by which it is recognized again.
    """

    address_key: uuid.UUID
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
    digest: uuid.UUID


class Acceptor:
    """Checks the events of one controller, one after the other.

    ``contacts``: the current e-mail keys of the contacts that events name.
    """

    def __init__(
        self, pepper: bytes, now: datetime, contacts: Mapping[uuid.UUID, uuid.UUID]
    ) -> None:
        self._pepper = pepper
        self._hash_email = keyed_hash(pepper, b"email:")
        self._latest = now + AHEAD
        self._contacts = contacts

    def accept(self, event: Incoming) -> Row:
        """Return the row. Raises ``Refused``."""
        self._check(event)
        kind = event.type if event.type in _KNOWN else "unknown"
        device = devices.read(event.user_agent)
        signal = _signal(event, device) if kind in _ENGAGING else None
        return Row(
            address_key=self._key(event),
            type=kind,
            occurred_at=event.occurred_at,
            source=cleaning.name(event.source) or "unknown",
            message_id=cleaning.name(event.message_id),
            campaign=cleaning.name(event.campaign),
            topic=cleaning.name(event.topic),
            bounce=event.bounce if event.bounce in BOUNCES else None,
            reason=cleaning.text(event.reason),
            description=cleaning.text(event.description),
            mta_response=cleaning.text(event.mta_response),
            url=cleaning.url(event.url),
            client=device.client,
            os=device.os,
            device=device.kind,
            machine=signal is not None,
            signal=signal,
            tags=cleaning.tags(event.tags),
            metadata=cleaning.metadata(event.metadata),
            digest=self._digest(event),
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

    def _key(self, event: Incoming) -> uuid.UUID:
        named = [event.email, event.contact_id, event.address_key]
        if sum(one is not None for one in named) != 1:
            raise Refused("recipient_missing", "name the recipient by exactly one of its fields")
        if event.address_key is not None:
            return event.address_key
        if event.contact_id is not None:
            return self._of_contact(event.contact_id)
        try:
            normalized = normalize_email(event.email or "").encode()
        except InvalidAddress as error:
            raise Refused("invalid_address", str(error)) from None
        return uuid.UUID(bytes=self._hash_email(normalized)[:KEY_BYTES])

    def _of_contact(self, contact_id: uuid.UUID) -> uuid.UUID:
        try:
            return self._contacts[contact_id]
        except KeyError:
            raise Refused("contact_not_found", "there is no contact with this id") from None

    def _digest(self, event: Incoming) -> uuid.UUID:
        said = f"{event.source}\0{event.event_id}".encode(errors="replace")
        return uuid.UUID(bytes=hashlib.blake2b(said, digest_size=16, key=self._pepper).digest())


def _signal(event: Incoming, device: Device) -> str | None:
    return "stated" if event.machine is True else device.signal
