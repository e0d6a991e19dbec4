"""Postmark's webhooks: a secret that it shows (it signs nothing); one event a delivery.

A bounce has an id; for the rest one is made from what the event says. ``SubscriptionChange`` tells
of unsubscribes, bounces and complaints alike, and by ``SuppressSending: false`` of their removal.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from crm_service.engagement.incoming import Incoming
from crm_service.engagement.providers import fields, settings, shared_secret
from crm_service.engagement.providers.delivery import BadEvent, Delivery, Provider
from crm_service.engagement.providers.fields import SHORT, Fields

Kind = tuple[str, str | None]

_RECORDS: dict[str, Kind] = {
    "Bounce": ("bounced", "soft"),
    "Delivery": ("delivered", None),
    "Open": ("opened", None),
    "Click": ("clicked", None),
    "SpamComplaint": ("complained", None),
    "SubscriptionChange": ("unsubscribed", None),
}

#: By ``Type`` of a bounce, or ``SuppressionReason``. What is not here is a soft bounce.
_BOUNCES: dict[str, Kind] = {
    "HardBounce": ("bounced", "hard"),
    "BadEmailAddress": ("bounced", "hard"),
    "Transient": ("deferred", None),
    "DnsError": ("deferred", None),
    "AutoResponder": ("autoresponded", None),
    "AddressChange": ("autoresponded", None),
    "ChallengeVerification": ("autoresponded", None),
    "SpamComplaint": ("complained", None),
    "Subscribe": ("subscribed", None),
    "Unsubscribe": ("unsubscribed", None),
    "ManualSuppression": ("unsubscribed", None),
    "ManuallyDeactivated": ("rejected", None),
    "Unconfirmed": ("rejected", None),
    "SMTPApiError": ("failed", None),
    "TemplateRenderingFailed": ("failed", None),
    "InboundError": ("unknown", None),
    "OpenRelayTest": ("unknown", None),
}


def split(delivery: Delivery) -> Sequence[Any]:
    """Return the one event. Raises ``Unreadable``."""
    return [fields.read_json(delivery.body)]


def read(item: Any, delivery: Delivery) -> Iterator[Incoming]:
    """Yield what the event says. Raises ``BadEvent``."""
    event = Fields(item)
    email = fields.address(event.text("Email", "Recipient"))
    if email is None:
        raise BadEvent("this event is about no recipient", code="no_recipient")
    kind, bounce = _kind(event)
    own = event.texts("Metadata")
    occurred_at = event.time("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt")
    stream = event.text("MessageStream", limit=SHORT) or ""
    topics: dict[str, str] = delivery.settings.get("topics", {})
    yield Incoming(
        type=kind,
        occurred_at=occurred_at or delivery.now,
        event_id=_event_id(event, email, delivery),
        source="postmark",
        email=email,
        message_id=event.text("MessageID", limit=SHORT),
        campaign=own.get("campaign"),
        topic=topics.get(stream) or own.get("topic"),
        bounce=bounce,
        reason=event.text("Type", "SuppressionReason", limit=SHORT),
        description=event.text("Description"),
        mta_response=event.text("Details"),
        url=event.text("OriginalLink"),
        user_agent=event.text("UserAgent"),
        tags=event.tags("Tag"),
        metadata=own,
        raw=event.mapping,
    )


def _kind(event: Fields) -> Kind:
    record = event.text("RecordType") or ""
    if record not in _RECORDS:
        return "unknown", None
    if record == "SubscriptionChange":
        if event.mapping.get("SuppressSending") is False:
            return "subscribed", None
        return _BOUNCES.get(event.text("SuppressionReason") or "", _RECORDS[record])
    if record == "Bounce":
        return _BOUNCES.get(event.text("Type") or "", _RECORDS[record])
    return _RECORDS[record]


def _event_id(event: Fields, email: str, delivery: Delivery) -> str:
    own, record = event.text("ID", limit=50), event.text("RecordType", limit=50)
    if own:
        return f"{record}:{own}"
    names = ("MessageID", "DeliveredAt", "ReceivedAt", "ChangedAt", "BouncedAt", "OriginalLink")
    said = [event.text(name) for name in (*names, "SuppressSending", "SuppressionReason")]
    return delivery.fingerprint(record, email, *said)


PROVIDER = Provider(
    name="postmark",
    verify=shared_secret.verify,
    split=split,
    read=read,
    check_secret=shared_secret.check,
    check_settings=settings.accepting(*shared_secret.SETTINGS),
    makes_secret=True,
    # A bounce may hold the whole message that came back.
    body_limit=16 * 1024 * 1024,
)
