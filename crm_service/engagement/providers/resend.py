"""Resend's webhooks, and any sender's that follow Standard Webhooks: HMAC over id, time and body.

The id (``svix-id`` or ``webhook-id``) stays the same when a delivery is tried again, while the time
is that of the attempt: it may be five minutes off. An event of a message to several people does not
say which of them it is about, so it is not kept.
"""

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any, Final

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from crm_service.engagement.incoming import Incoming
from crm_service.engagement.providers import fields, settings
from crm_service.engagement.providers.delivery import (
    BadEvent,
    Delivery,
    Provider,
    Refused,
    Unreadable,
)
from crm_service.engagement.providers.fields import SHORT, Fields
from crm_service.errors import Invalid

_HEADERS: Final = ("id", "timestamp", "signature")
_LEAST_SECRET: Final = 16

_TYPES = {
    "email.scheduled": "queued",
    "email.sent": "sent",
    "email.delivered": "delivered",
    "email.delivery_delayed": "deferred",
    "email.bounced": "bounced",
    "email.complained": "complained",
    "email.opened": "opened",
    "email.clicked": "clicked",
    "email.failed": "failed",
    "email.suppressed": "rejected",
}


def verify(delivery: Delivery) -> None:
    """Raise ``Refused`` unless one of the endpoint's secrets signed this body just now."""
    kind = _kind_of_headers(delivery)
    headers = {f"webhook-{name}": delivery.header(f"{kind}-{name}") for name in _HEADERS}
    if not any([_signed(secret, delivery.body, headers) for secret in delivery.secrets]):  # noqa: C419 - all of them
        raise Refused("bad_signature")


def _kind_of_headers(delivery: Delivery) -> str:
    return "webhook" if "webhook-id" in delivery.headers else "svix"


def _signed(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except WebhookVerificationError:
        return False
    except ValueError:
        # Not UTF-8, or a signature that is no base64, or of no version.
        return False
    return True


def check_secret(secret: str) -> None:
    """Raise ``Invalid`` for what can be no signing secret."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_") + "==", validate=False)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _LEAST_SECRET:
        raise Invalid(
            "the secret is the signing secret that the provider shows: whsec_ and base64",
            code="invalid_secret",
        )


def split(delivery: Delivery) -> Sequence[Any]:
    """Return the one event. Raises ``Unreadable``."""
    body = fields.read_json(delivery.body)
    if not isinstance(body, dict):
        raise Unreadable("Resend's deliveries are objects")
    return [body]


def read(item: Any, delivery: Delivery) -> Iterator[Incoming]:
    """Yield what the event says. Raises ``BadEvent``."""
    event = Fields(item)
    data, click = event.inner("data"), event.inner("data").inner("click")
    stated = event.text("type", limit=SHORT) or ""
    kind, bounce = _kind(stated, data)
    own = _own(data)
    occurred_at = click.time("timestamp") or event.time("created_at")
    yield Incoming(
        type=kind,
        occurred_at=occurred_at or delivery.now,
        event_id=delivery.header(f"{_kind_of_headers(delivery)}-id")[:SHORT],
        source="resend",
        email=_recipient(stated, data),
        message_id=data.text("email_id", limit=SHORT),
        campaign=own.get("campaign") or data.text("broadcast_id", limit=SHORT),
        topic=own.get("topic"),
        bounce=bounce,
        reason=data.inner("bounce").text("subType", "type", limit=SHORT)
        or data.inner("failed").text("reason", limit=SHORT),
        description=data.inner("bounce").text("message")
        or data.inner("suppressed").text("message"),
        url=click.text("link"),
        user_agent=click.text("userAgent") or data.inner("open").text("userAgent"),
        metadata=own,
        raw=event.mapping,
    )


def _kind(stated: str, data: Fields) -> tuple[str, str | None]:
    if stated == "contact.updated" and data.is_true("unsubscribed"):
        return "unsubscribed", None
    kind = _TYPES.get(stated, "unknown")
    if kind != "bounced":
        return kind, None
    # "email.bounced" is documented as permanent; SES's word for it comes with newer events.
    return kind, "hard" if data.inner("bounce").text("type") in {None, "Permanent"} else "soft"


def _recipient(stated: str, data: Fields) -> str:
    """Return whom the event is about. Raises ``BadEvent``."""
    to = data.list("to") or [data.mapping.get("to") or data.mapping.get("email")]
    email = fields.address(to[0])
    if email is None or stated == "email.received":
        raise BadEvent("this event is about no recipient", code="no_recipient")
    if len(to) > 1:
        raise BadEvent(
            "a message to several people: the event does not say which of them it is about",
            code="ambiguous_recipient",
        )
    return email


def _own(data: Fields) -> dict[str, str]:
    """Return the sender's tags, which come as an object, or as a list of names and values."""
    pairs = {one.text("name"): one.text("value") for one in data.objects("tags")}
    listed = {name: value for name, value in pairs.items() if name and value}
    return listed or data.texts("tags")


PROVIDER = Provider(
    name="resend",
    verify=verify,
    split=split,
    read=read,
    check_secret=check_secret,
    check_settings=settings.accepting(),
)
