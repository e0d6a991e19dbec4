"""Events about terms that are over."""

from dataclasses import dataclass
from typing import Any, ClassVar

from crm_service.outbox.events import Event

#: What the fields mean that only these events have.
FIELDS: dict[str, dict[str, Any]] = {
    "category": {"description": "the category of retention", "examples": ["recordings"]},
    "record_id": {"description": "the record's id there", "examples": ["rec-20261103-17"]},
    "record_purpose": {"description": "what it was kept for", "examples": ["security"]},
    "record_system": {"description": "who keeps the record", "examples": ["camera-system"]},
    "rule": {"description": "the policy's rule by which it ended", "examples": ["recordings"]},
}


@dataclass(frozen=True, kw_only=True)
class RecordExpired(Event):
    """The term of a record that is kept elsewhere is over: its keeper deletes it."""

    type: ClassVar[str] = "record.expired.v1"
    record_system: str
    record_id: str
    category: str
    record_purpose: str
    rule: str
