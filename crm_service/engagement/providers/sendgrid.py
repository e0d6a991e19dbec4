"""Twilio SendGrid's Event Webhook: ECDSA over timestamp and raw body; arrays of events.

Duplicates are common, days apart, and told by ``sg_event_id``. SendGrid tries a delivery again for
24 hours, so that its timestamp may be a day old.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

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

SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"
WINDOW: Final = timedelta(hours=25)

_TYPES = {
    "processed": "queued",
    "dropped": "rejected",
    "delivered": "delivered",
    "deferred": "deferred",
    "bounce": "bounced",
    "blocked": "bounced",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
    "group_resubscribe": "subscribed",
}

#: What SendGrid itself puts into an event; everything else there is the sender's own.
_OWN = frozenset(
    {
        "asm_group_id",
        "attempt",
        "bounce_classification",
        "category",
        "cert_err",
        "date",
        "email",
        "event",
        "ip",
        "marketing_campaign_id",
        "marketing_campaign_name",
        "marketing_campaign_split_id",
        "marketing_campaign_version",
        "newsletter",
        "pool",
        "post_type",
        "reason",
        "response",
        "send_at",
        "sg_content_type",
        "sg_event_id",
        "sg_machine_open",
        "sg_message_id",
        "sg_template_id",
        "sg_template_name",
        "sg_user_id",
        "singlesend_id",
        "singlesend_name",
        "smtp-id",
        "status",
        "template",
        "timestamp",
        "tls",
        "type",
        "url",
        "url_offset",
        "useragent",
    }
)


def verify(delivery: Delivery) -> None:
    """Raise ``Refused`` unless one of the endpoint's public keys signed this body at that time."""
    signature, timestamp = delivery.header(SIGNATURE), delivery.header(TIMESTAMP)
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise Refused("malformed_header")
    if not delivery.is_fresh(fields.moment(timestamp), WINDOW):
        raise Refused("stale")
    try:
        decoded = fields.unpack(signature)
    except ValueError:
        raise Refused("malformed_header") from None
    signed = timestamp.encode() + delivery.body
    if not any(_signed(key, decoded, signed) for key in delivery.secrets):
        raise Refused("bad_signature")


def _signed(key: str, signature: bytes, signed: bytes) -> bool:
    try:
        _public_key(key).verify(signature, signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=256)
def _public_key(text: str) -> ec.EllipticCurvePublicKey:
    """Return the verification key, as SendGrid shows it. Raises ``ValueError``."""
    key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise ValueError("not a key on the curve P-256")
    return key


def check_secret(secret: str) -> None:
    """Raise ``Invalid`` unless this is a verification key of SendGrid's."""
    try:
        _public_key(secret)
    except (ValueError, UnsupportedAlgorithm):
        raise Invalid(
            "the secret is the verification key that SendGrid shows, a public key in base64",
            code="invalid_secret",
        ) from None


def split(delivery: Delivery) -> Sequence[Any]:
    """Return the events. Raises ``Unreadable``."""
    events = fields.read_json(delivery.body)
    if not isinstance(events, list):
        raise Unreadable("SendGrid's deliveries are arrays of events")
    return events


def read(item: Any, delivery: Delivery) -> Iterator[Incoming]:
    """Yield what one event says. Raises ``BadEvent``."""
    event = Fields(item)
    email = fields.address(event.mapping.get("email"))
    if email is None:
        raise BadEvent("this event is about no recipient", code="no_recipient")
    kind = event.text("event") or ""
    occurred_at = event.time("timestamp")
    message_id = event.text("sg_message_id", "smtp-id", limit=SHORT)
    own = fields.as_texts({k: v for k, v in event.mapping.items() if k not in _OWN})
    yield Incoming(
        type=_TYPES.get(kind, "unknown"),
        occurred_at=occurred_at or delivery.now,
        event_id=event.text("sg_event_id", limit=SHORT)
        or delivery.fingerprint(kind, message_id, email, occurred_at),
        source="sendgrid",
        email=email,
        message_id=message_id,
        campaign=own.get("campaign") or event.text("singlesend_name", "marketing_campaign_name"),
        topic=_topic(event, own, delivery),
        bounce=_bounce(kind, event),
        reason=_reason(kind, event),
        description=event.text("bounce_classification"),
        mta_response=None if kind == "dropped" else event.text("response", "reason"),
        url=event.text("url"),
        user_agent=event.text("useragent"),
        tags=event.tags("category"),
        metadata=own,
        machine=True if event.is_true("sg_machine_open") else None,
        raw=event.mapping,
    )


def _bounce(kind: str, event: Fields) -> str | None:
    if kind == "blocked":
        return "soft"
    if kind != "bounce":
        return None
    # "blocked" is a refusal that SendGrid does not hold against the address.
    return "soft" if event.text("type") == "blocked" else "hard"


def _reason(kind: str, event: Fields) -> str | None:
    if kind == "dropped":
        return event.text("reason", "type", limit=SHORT)
    return event.text("type", limit=SHORT) if kind in {"bounce", "blocked"} else None


def _topic(event: Fields, own: dict[str, str], delivery: Delivery) -> str | None:
    group = event.text("asm_group_id", limit=SHORT) or ""
    topics: dict[str, str] = delivery.settings.get("topics", {})
    return topics.get(group) or own.get("topic")


PROVIDER = Provider(
    name="sendgrid",
    verify=verify,
    split=split,
    read=read,
    check_secret=check_secret,
    check_settings=settings.accepting("max_age_seconds", "topics"),
    body_limit=16 * 1024 * 1024,
)
