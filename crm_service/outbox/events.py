"""The events this service publishes: the contract with its consumers.

Past tense, versioned, ids and address keys only (rules 25 and 39). ``data`` of an event on the wire
is exactly the dataclass's fields but for the envelope's: ``subject_id``, ``occurred_at`` and
``correlation``.
"""

import uuid
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar

#: What is JSON as it is: looked at first, since there are many events with many of them.
_PLAIN = frozenset({str, bool, int})

ENVELOPE = frozenset({"subject_id", "occurred_at", "correlation"})


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact about one subject (None: about the controller itself)."""

    type: ClassVar[str]
    #: Whether such events are about the controller, never about a person.
    is_of_controller: ClassVar[bool] = False

    subject_id: uuid.UUID | None
    occurred_at: datetime
    correlation: uuid.UUID = field(default_factory=uuid.uuid4)

    def data(self) -> dict[str, Any]:
        """Return the payload as JSON values; absent facts are left out."""
        kind: Any = type(self)
        said = {name: getattr(self, name) for name in _told(kind)}
        return {name: _json(value) for name, value in said.items() if value is not None}


@cache
def _told(kind: Any) -> tuple[str, ...]:
    """Return what an event of this class says in its payload."""
    return tuple(field.name for field in fields(kind) if field.name not in ENVELOPE)


def _json(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value


@dataclass(frozen=True, kw_only=True)
class ContactCreated(Event):
    """A contact entered the register."""

    type: ClassVar[str] = "contact.created.v1"
    source: str


@dataclass(frozen=True, kw_only=True)
class ContactUpdated(Event):
    """Fields of a contact changed; their names only."""

    type: ClassVar[str] = "contact.updated.v1"
    fields: tuple[str, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class ContactErased(Event):
    """Everything about the person was erased; suppressions remain.

    ``request_id``: the rights request by which the person asked for it.
    """

    type: ClassVar[str] = "contact.erased.v1"
    ground: str
    request_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class PermissionEvent(Event):
    """What the events about one permission have in common."""

    address_key: uuid.UUID
    channel: str
    purpose: str
    topic: str | None = None
    basis: str
    source: str
    entry_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class ConsentGranted(PermissionEvent):
    """Consent was given, with its evidence."""

    type: ClassVar[str] = "consent.granted.v1"


@dataclass(frozen=True, kw_only=True)
class ConsentConfirmed(PermissionEvent):
    """Pending consent was confirmed by the address's holder."""

    type: ClassVar[str] = "consent.confirmed.v1"


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(PermissionEvent):
    """Consent was withdrawn."""

    type: ClassVar[str] = "consent.withdrawn.v1"


@dataclass(frozen=True, kw_only=True)
class ConsentExpired(PermissionEvent):
    """A permission's term ended."""

    type: ClassVar[str] = "consent.expired.v1"


@dataclass(frozen=True, kw_only=True)
class LegalBasisRecorded(PermissionEvent):
    """A legal basis other than consent was recorded."""

    type: ClassVar[str] = "legal_basis.recorded.v1"


@dataclass(frozen=True, kw_only=True)
class ObjectionRecorded(PermissionEvent):
    """The person objected to processing on a basis other than consent."""

    type: ClassVar[str] = "objection.recorded.v1"


@dataclass(frozen=True, kw_only=True)
class ContactUnsubscribed(Event):
    """The person left a topic, or all marketing."""

    type: ClassVar[str] = "contact.unsubscribed.v1"
    address_key: uuid.UUID
    channel: str
    topic: str | None = None
    scope: str
    basis: str | None = None
    campaign: str | None = None
    source: str


@dataclass(frozen=True, kw_only=True)
class ContactResubscribed(Event):
    """The person took an unsubscribe back."""

    type: ClassVar[str] = "contact.resubscribed.v1"
    address_key: uuid.UUID
    channel: str
    topic: str | None = None
    scope: str
    source: str


@dataclass(frozen=True, kw_only=True)
class SuppressionAdded(Event):
    """An address was blocked."""

    type: ClassVar[str] = "suppression.added.v1"
    suppression_id: uuid.UUID
    address_key: uuid.UUID
    scope: str
    topic: str | None = None
    reason: str
    source: str
    ends_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SuppressionLifted(Event):
    """A block was lifted."""

    type: ClassVar[str] = "suppression.lifted.v1"
    suppression_id: uuid.UUID
    address_key: uuid.UUID
    scope: str
    topic: str | None = None
    reason: str
    source: str


@dataclass(frozen=True, kw_only=True)
class PolicyChanged(Event):
    """A controller activated a policy version."""

    type: ClassVar[str] = "policy.changed.v1"
    is_of_controller: ClassVar[bool] = True
    policy: str
    version: int
    sha256: str
