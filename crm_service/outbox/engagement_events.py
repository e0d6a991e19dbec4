"""The published events about what became of messages."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from crm_service.outbox.events import Event


@dataclass(frozen=True, kw_only=True)
class EngagementRecorded(Event):
    """Something became of a message: it was opened, clicked, bounced, complained of."""

    type: ClassVar[str] = "engagement.recorded.v1"
    engagement_id: uuid.UUID
    address_key: uuid.UUID
    kind: str
    machine: bool
    bounce: str | None = None
    campaign: str | None = None
    topic: str | None = None
    message_id: str | None = None
    source: str
