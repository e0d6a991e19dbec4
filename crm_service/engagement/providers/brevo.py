"""Brevo's webhooks: a secret that it shows; one event a delivery, or batches of up to 500.

``ts_epoch`` is the only time that is always UTC, in milliseconds. Events have no id of their own
(``id`` is the webhook's): one is made from what they say.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crm_service.engagement.incoming import Incoming
from crm_service.engagement.providers import fields, settings, shared_secret
from crm_service.engagement.providers.delivery import BadEvent, Delivery, Provider, Unreadable
from crm_service.engagement.providers.fields import SHORT, Fields

Kind = tuple[str, str | None]

_TYPES: dict[str, Kind] = {
    "request": ("queued", None),
    "sent": ("sent", None),
    "delivered": ("delivered", None),
    "deferred": ("deferred", None),
    "hard_bounce": ("bounced", "hard"),
    "soft_bounce": ("bounced", "soft"),
    "invalid_email": ("bounced", "hard"),
    "invalid": ("bounced", "hard"),
    "blocked": ("rejected", None),
    "error": ("failed", None),
    "spam": ("complained", None),
    "complaint": ("complained", None),
    "opened": ("opened", None),
    "unique_opened": ("opened", None),
    "proxy_open": ("opened", None),
    "unique_proxy_open": ("opened", None),
    "click": ("clicked", None),
    "unsubscribe": ("unsubscribed", None),
    "unsubscribed": ("unsubscribed", None),
    "list_addition": ("subscribed", None),
}


def split(delivery: Delivery) -> Sequence[Any]:
    """Return the events, be it one or a batch. Raises ``Unreadable``."""
    body = fields.read_json(delivery.body)
    items = [body] if isinstance(body, Mapping) else body
    if not isinstance(items, list):
        raise Unreadable("Brevo's deliveries are events, or arrays of them")
    return items


def read(item: Any, delivery: Delivery) -> Iterator[Incoming]:
    """Yield what one event says, for each address it names. Raises ``BadEvent``."""
    event = Fields(item)
    named = event.mapping.get("email")
    emails = [fields.address(one) for one in (named if isinstance(named, list) else [named])]
    if not emails or None in emails:
        raise BadEvent("this event is about no recipient", code="no_recipient")
    for email in emails:
        yield _incoming(event, str(email), delivery)


def _incoming(event: Fields, email: str, delivery: Delivery) -> Incoming:
    stated = event.text("event", limit=SHORT) or ""
    kind, bounce = _TYPES.get(stated, ("unknown", None))
    own = event.texts("X-Mailin-custom")
    message_id = event.text("message-id", limit=SHORT)
    occurred_at = event.time("ts_epoch", "ts_event", "ts")
    url = event.text("link", "url", "URL")
    said = (stated, message_id, event.text("camp_id"), email, occurred_at, url)
    return Incoming(
        type=kind,
        occurred_at=occurred_at or delivery.now,
        event_id=delivery.fingerprint(*said),
        source="brevo",
        email=email,
        message_id=message_id,
        campaign=own.get("campaign") or event.text("campaign name", limit=SHORT),
        topic=_topic(event, own, delivery),
        bounce=bounce,
        reason=stated if kind in {"bounced", "rejected", "failed"} else None,
        mta_response=event.text("reason"),
        url=url,
        user_agent=event.text("user_agent"),
        tags=event.tags("tags", "tag"),
        metadata=own,
        machine=True if "proxy_open" in stated else None,
        raw=event.mapping,
    )


def _topic(event: Fields, own: dict[str, str], delivery: Delivery) -> str | None:
    topics: dict[str, str] = delivery.settings.get("topics", {})
    named = event.mapping.get("list_id")
    lists = named if isinstance(named, list) else [named]
    known = (topics.get(fields.clean(one, SHORT) or "") for one in lists)
    return next(filter(None, known), own.get("topic"))


PROVIDER = Provider(
    name="brevo",
    verify=shared_secret.verify,
    split=split,
    read=read,
    check_secret=shared_secret.check,
    check_settings=settings.accepting(*shared_secret.SETTINGS),
    makes_secret=True,
    body_limit=16 * 1024 * 1024,
)
