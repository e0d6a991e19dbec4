"""Events about requests of people about their own data: ids and codes, no word of the person."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from crm_service.outbox.events import Event

#: What the fields mean that only these events have.
FIELDS: dict[str, dict[str, Any]] = {
    "cause": {
        "description": "what the recipient is to be told of",
        "enum": ["rectification", "erasure", "restriction", "restriction_lifted"],
        "examples": ["rectification"],
    },
    "due_on": {"description": "the day that is aimed at", "examples": ["2026-12-03"]},
    "identified_by": {
        "description": "how it was established who asks",
        "examples": ["link"],
    },
    "kind": {"description": "what the person asked for", "examples": ["access"]},
    "notice_id": {"description": "what the recipient is owed"},
    "outcome": {"description": "how it was decided", "examples": ["granted"]},
    "received_by": {"description": "the way it came", "examples": ["email"]},
    "recipient": {"description": "slug of the recipient", "examples": ["mailhouse"]},
    "request_id": {"description": "the rights request"},
}


@dataclass(frozen=True, kw_only=True)
class RightsRequestEvent(Event):
    """What the events about one request have in common."""

    request_id: uuid.UUID
    kind: str


@dataclass(frozen=True, kw_only=True)
class RightsRequestReceived(RightsRequestEvent):
    """A person asked; the clock runs from the moment of receipt."""

    type: ClassVar[str] = "rights_request.received.v1"
    received_by: str
    due_on: date


@dataclass(frozen=True, kw_only=True)
class RightsRequestIdentified(RightsRequestEvent):
    """It is established who asks."""

    type: ClassVar[str] = "rights_request.identified.v1"
    identified_by: str
    due_on: date


@dataclass(frozen=True, kw_only=True)
class RightsRequestExtended(RightsRequestEvent):
    """The period was extended, with reasons told to the person."""

    type: ClassVar[str] = "rights_request.extended.v1"
    due_on: date


@dataclass(frozen=True, kw_only=True)
class RightsRequestDecided(RightsRequestEvent):
    """The request was decided; ``ground`` is why it was refused."""

    type: ClassVar[str] = "rights_request.decided.v1"
    outcome: str
    ground: str | None = None


@dataclass(frozen=True, kw_only=True)
class RightsRequestCompleted(RightsRequestEvent):
    """The decision was told to the person, and there is nothing left to do."""

    type: ClassVar[str] = "rights_request.completed.v1"
    outcome: str


@dataclass(frozen=True, kw_only=True)
class RightsRequestOverdue(RightsRequestEvent):
    """The last day to answer in time has passed without a decision."""

    type: ClassVar[str] = "rights_request.overdue.v1"
    due_on: date


@dataclass(frozen=True, kw_only=True)
class ContactRestricted(Event):
    """Processing of a contact's data was restricted: they are stored, and that is all."""

    type: ClassVar[str] = "contact.restricted.v1"
    source: str


@dataclass(frozen=True, kw_only=True)
class RecipientNoticeDue(Event):
    """A recipient that got data of the person is to be told what became of them (Art. 19).

    ``reminder``: it has not confirmed in time, and this is how often that was told.
    """

    type: ClassVar[str] = "recipient_notice.due.v1"
    notice_id: uuid.UUID
    recipient: str
    cause: str
    due_on: date
    request_id: uuid.UUID | None = None
    reminder: int | None = None


@dataclass(frozen=True, kw_only=True)
class ContactRestrictionLifted(Event):
    """A restriction ended, of which the person was told before: the data are processed again."""

    type: ClassVar[str] = "contact.restriction_lifted.v1"
    source: str
