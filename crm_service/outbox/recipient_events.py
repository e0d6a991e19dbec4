"""Events about what recipients do on their own pages, and the links that lead there."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from crm_service.outbox.events import Event


@dataclass(frozen=True, kw_only=True)
class AddressProofRequested(Event):
    """A one-time link waits to be mailed to the address; look the address up by its contact."""

    type: ClassVar[str] = "address_proof.requested.v1"
    proof_id: uuid.UUID
    address_key: uuid.UUID
    purpose: str
    language: str | None = None
    expires_at: datetime
    mailed_by: str
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class PreferencesChanged(Event):
    """The person chose how often, or in which language, to be written to."""

    type: ClassVar[str] = "preferences.changed.v1"
    address_key: uuid.UUID
    fields: tuple[str, ...]
    frequency: str
    language: str | None = None
    source: str
