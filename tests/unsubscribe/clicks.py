"""What a click told, for tests of what leaving ends."""

from typing import Any

from tests.permissions.person import Person

LI = "legitimate_interests"
CLICK = "contact.unsubscribed.v1"


def told(person: Person) -> list[tuple[str, Any, Any]]:
    """Return what the last click told: type, topic, and basis or reason, in order."""
    events = person.events()
    start = max(n for n, (kind, _) in enumerate(events) if kind == CLICK)
    return [
        (kind, data.get("topic"), data.get("basis", data.get("reason")))
        for kind, data in events[start:]
    ]
