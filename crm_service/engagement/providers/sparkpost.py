"""SparkPost's webhooks (now Bird's): a secret that it shows; arrays of events in ``msys``.

``{"msys": {}}`` is a ping. ``bounce_class`` says how hard a bounce is, and that some are none.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crm_service.engagement.incoming import Incoming
from crm_service.engagement.providers import fields, settings, shared_secret
from crm_service.engagement.providers.delivery import BadEvent, Delivery, Provider, Unreadable
from crm_service.engagement.providers.fields import SHORT, Fields

Kind = tuple[str, str | None]

_TYPES = {
    "injection": "queued",
    "delivery": "delivered",
    "bounce": "bounced",
    "out_of_band": "bounced",
    "delay": "deferred",
    "policy_rejection": "rejected",
    "generation_rejection": "rejected",
    "generation_failure": "failed",
    "spam_complaint": "complained",
    "open": "opened",
    "initial_open": "opened",
    "amp_open": "opened",
    "amp_initial_open": "opened",
    "click": "clicked",
    "amp_click": "clicked",
    "list_unsubscribe": "unsubscribed",
    "link_unsubscribe": "unsubscribed",
}

#: Bounce classes that are no soft bounce: invalid recipient, no such recipient, and what only
#: looks like a bounce.
_CLASSES: dict[str, Kind] = {
    "10": ("bounced", "hard"),
    "30": ("bounced", "hard"),
    "25": ("rejected", None),
    "26": ("rejected", None),
    "60": ("autoresponded", None),
    "80": ("subscribed", None),
    "90": ("unsubscribed", None),
    "100": ("autoresponded", None),
}


def split(delivery: Delivery) -> Sequence[Any]:
    """Return the events; none for a ping. Raises ``Unreadable``."""
    body = fields.read_json(delivery.body)
    items = [body] if isinstance(body, Mapping) else body
    if not isinstance(items, list):
        raise Unreadable("SparkPost's deliveries are arrays of events")
    return [item for item in items if item != {"msys": {}}]


def read(item: Any, delivery: Delivery) -> Iterator[Incoming]:
    """Yield what one event says. Raises ``BadEvent``."""
    event = Fields(next(iter(Fields(item).inner("msys").mapping.values()), None))
    email = fields.address(event.text("raw_rcpt_to", "rcpt_to"))
    if email is None:
        raise BadEvent("this event is about no recipient", code="no_recipient")
    stated = event.text("type", limit=SHORT) or ""
    kind, bounce = _kind(stated, event)
    own = event.texts("rcpt_meta")
    message_id = event.text("message_id", "transmission_id", limit=SHORT)
    occurred_at = event.time("timestamp", "injection_time")
    yield Incoming(
        type=kind,
        occurred_at=occurred_at or delivery.now,
        event_id=event.text("event_id", limit=SHORT)
        or delivery.fingerprint(stated, message_id, email, occurred_at),
        source="sparkpost",
        email=email,
        message_id=message_id,
        campaign=own.get("campaign") or event.text("campaign_id", limit=SHORT),
        topic=own.get("topic"),
        bounce=bounce,
        reason=event.text("bounce_class", "error_code", "fbtype", limit=SHORT),
        description=event.text("reason"),
        mta_response=event.text("raw_reason"),
        url=event.text("target_link_url"),
        user_agent=event.text("user_agent"),
        tags=event.tags("rcpt_tags"),
        metadata=own,
        machine=True if event.is_true("is_prefetched") else None,
        raw=event.mapping,
    )


def _kind(stated: str, event: Fields) -> Kind:
    kind = _TYPES.get(stated, "unknown")
    if kind != "bounced":
        return kind, None
    return _CLASSES.get(event.text("bounce_class") or "", ("bounced", "soft"))


PROVIDER = Provider(
    name="sparkpost",
    verify=shared_secret.verify,
    split=split,
    read=read,
    check_secret=shared_secret.check,
    check_settings=settings.accepting("username", "header"),
    makes_secret=True,
    body_limit=16 * 1024 * 1024,
)
