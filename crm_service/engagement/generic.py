"""Events as callers write them in JSON, turned into ``Incoming`` (the generic way in).

Lenient in what an event may have besides (it is left out), strict in what it must have. Written for
speed: once an event, in streams of millions.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from crm_service.engagement.accepting import Refused
from crm_service.engagement.incoming import Incoming

SOURCE = "api"

#: How senders call the two kinds of bounce.
_BOUNCES = {
    "hard": "hard",
    "permanent": "hard",
    "soft": "soft",
    "temporary": "soft",
    "transient": "soft",
}


def read(said: Any) -> Incoming:
    """Return the event that a JSON value describes. Raises ``Refused`` (``invalid_event``, …)."""
    if type(said) is not dict:
        raise Refused("invalid_event", "an event is a JSON object")
    facts = list(_NOTHING)
    facts[:4] = (
        _required(said, "type"),
        _moment(_required(said, "occurred_at")),
        _required(said, "event_id"),
        SOURCE,
    )
    for name, value in said.items():
        if value is None or (place := _PLACES.get(name)) is None:
            continue
        if name in _OTHERS:
            facts[place] = _OTHERS[name](value)
        elif type(value) is str:
            facts[place] = value
        else:
            raise Refused("invalid_event", f"{name} must be text")
    if facts[0] == "bounced":
        facts[_BOUNCE] = _bounce(said)
    # By place: naming what an event says takes longer than all that is left to do.
    return Incoming._make(facts)


def _required(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if type(value) is not str or not value:
        raise Refused("invalid_event", f"{name} is missing or no text")
    return value


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Refused("invalid_occurred_at", "occurred_at must be an RFC 3339 time") from None
    if moment.tzinfo is None:
        raise Refused("invalid_occurred_at", "occurred_at must say its offset from UTC")
    return moment


def _id(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise Refused("contact_not_found", "there is no contact with this id") from None


def _machine(value: Any) -> bool:
    if type(value) is not bool:
        raise Refused("invalid_event", "machine must be true or false")
    return value


def _tags(value: Any) -> tuple[str, ...]:
    if type(value) is not list or any(type(tag) is not str for tag in value):
        raise Refused("invalid_event", "tags must be a list of texts")
    return tuple(value)


def _metadata(value: Any) -> dict[str, str]:
    if type(value) is not dict:
        raise Refused("invalid_event", "metadata must be an object")
    return {key: str(one) for key, one in value.items()}


def _raw(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Refused("invalid_event", "raw must be an object")
    return value


def _bounce(said: Mapping[str, Any]) -> str:
    """Return which kind: a bounce that says nothing of it is final (the mailbox refused)."""
    value = said.get("bounce", said.get("bounce_type", "hard"))
    known = _BOUNCES.get(value.lower()) if type(value) is str else None
    if known is None:
        raise Refused("invalid_event", "bounce must be hard or soft")
    return known


#: Text that is taken as it is, and is optional.
_TEXTS = frozenset(
    {
        "email",
        "message_id",
        "campaign",
        "topic",
        "reason",
        "description",
        "mta_response",
        "url",
        "user_agent",
        "ip_prefix",
    }
)

#: What is no text; ``contact_id`` in place of ``email``.
_OTHERS: dict[str, Callable[[Any], Any]] = {
    "contact_id": _id,
    "machine": _machine,
    "tags": _tags,
    "metadata": _metadata,
    "raw": _raw,
}

#: An event of which nothing is said yet, and where it says what is optional.
_NOTHING = tuple(map(Incoming._field_defaults.get, Incoming._fields))
_PLACES = {name: Incoming._fields.index(name) for name in (*_TEXTS, *_OTHERS)}
_BOUNCE = Incoming._fields.index("bounce")
