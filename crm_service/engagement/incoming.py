"""One happening to one message, as every source hands it in: what adapters make of their payloads.

The types are those that providers' vocabularies are normalized to; ``bounced`` tells hard from soft
by ``bounce``.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from crm_service.policies.engagement import PUBLISHABLE

#: Everything that can become of a message. Whatever else a provider says is ``unknown``.
TYPES = PUBLISHABLE

#: Final, and maybe passing: ``Incoming.bounce``.
BOUNCES = ("hard", "soft")

MAX_EVENT_ID = 200


class Incoming(NamedTuple):
    """One event before it is checked: whatever a source said, only sorted into fields.

    Exactly one of ``email``, ``contact_id`` and ``address_key`` says whom it is about.
    ``occurred_at`` is aware. ``event_id`` (1 to 200 characters) is unique in its ``source``, e.g.
    ``api``, ``ses``, ``tracking``: what repeats it is a duplicate. ``machine``: what the source
    knows; True is believed, anything else leaves it to the service's own signs. Free text, tags and
    metadata may hold addresses: they are taken out before anything is stored. ``raw`` is kept only
    where the policy says for how long.
    """

    type: str
    occurred_at: datetime
    event_id: str
    source: str
    email: str | None = None
    contact_id: uuid.UUID | None = None
    address_key: uuid.UUID | None = None
    message_id: str | None = None
    campaign: str | None = None
    topic: str | None = None
    bounce: str | None = None
    reason: str | None = None
    description: str | None = None
    mta_response: str | None = None
    url: str | None = None
    user_agent: str | None = None
    ip_prefix: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = MappingProxyType({})
    machine: bool | None = None
    raw: Mapping[str, Any] | None = None
