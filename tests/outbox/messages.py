"""Messages for tests that need no database."""

import uuid

from crm_service.outbox.lanes import Message


def message(position: int, lane: str = "a", **facts: object) -> Message:
    """Return a message of a lane."""
    defaults: dict[str, object] = {
        "id": str(uuid.UUID(int=position)),
        "type": "contact.created.v1",
        "timestamp": 0,
        "body": b"{}",
    }
    return Message(position=position, lane=lane, **(defaults | facts))  # type: ignore[arg-type]  # of Message's own fields
