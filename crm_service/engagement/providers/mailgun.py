"""Mailgun's webhooks: HMAC-SHA256 over timestamp and token. The body is not covered.

Whoever sees one delivery could put another body around its signature. So each token is taken once:
the body that came first stands, and whatever shows the token again is refused. Mailgun tries a
delivery again for eight hours, showing the signature it made first.
"""

import hmac
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from crm_service.engagement.incoming import Incoming
from crm_service.engagement.providers import fields, settings
from crm_service.engagement.providers.delivery import (
    CLOCK_SKEW,
    BadEvent,
    Delivery,
    Once,
    Provider,
    Refused,
    Unreadable,
)
from crm_service.engagement.providers.fields import SHORT, Fields
from crm_service.errors import Invalid

WINDOW: Final = timedelta(hours=9)
#: Until when a token must be remembered: longer than any window an endpoint can be given.
_REMEMBERED: Final = timedelta(seconds=settings.MAX_AGE.stop) + CLOCK_SKEW

_TYPES = {
    "accepted": "queued",
    "stored": "queued",
    "rejected": "rejected",
    "delivered": "delivered",
    "failed": "bounced",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
    "complained": "complained",
}
#: Reasons of a permanent failure that say nothing against the address: it was tried too long.
_PASSING = frozenset({"old", "espblock"})
#: Mailgun did not send, because the recipient had left or complained before.
_NOT_SENT = frozenset({"suppress-unsubscribe", "suppress-complaint"})


def verify(delivery: Delivery) -> Once:
    """Return the token that proves this delivery. Raises ``Refused``."""
    try:
        signature = Fields(fields.read_json(delivery.body)).inner("signature")
    except Unreadable:
        raise Refused("malformed_signature") from None
    timestamp, token = signature.text("timestamp") or "", signature.mapping.get("token")
    # Ten digits exactly: otherwise a digit could move from the token to the timestamp, and back.
    if not re.fullmatch(r"[0-9]{10}", timestamp):
        raise Refused("malformed_signature")
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]{20,100}", token):
        raise Refused("malformed_signature")
    sent_at = fields.moment(timestamp)
    if not delivery.is_fresh(sent_at, WINDOW):
        raise Refused("stale")
    shown = [signature.mapping.get(name) for name in ("signature", "parent-signature")]
    if not _signed(delivery.secrets, f"{timestamp}{token}".encode(), shown):
        raise Refused("bad_signature")
    return Once(token, sent_at + _REMEMBERED)


def _signed(secrets: Sequence[str], signed: bytes, shown: Sequence[Any]) -> bool:
    texts = [text.encode("utf-8", "replace") for text in shown if isinstance(text, str)]
    expected = [hmac.digest(key.encode(), signed, "sha256").hex().encode() for key in secrets]
    return any([hmac.compare_digest(one, other) for one in texts for other in expected])  # noqa: C419 - all of them


def check_secret(secret: str) -> None:
    """Raise ``Invalid`` for what can be no signing key of Mailgun's."""
    if not re.fullmatch(r"[\x21-\x7e]{16,200}", secret):
        raise Invalid(
            "the secret is the HTTP webhook signing key that Mailgun shows", code="invalid_secret"
        )


def split(delivery: Delivery) -> Sequence[Any]:
    """Return the one event. Raises ``Unreadable``."""
    body = Fields(fields.read_json(delivery.body))
    return [body.mapping]


def read(item: Any, delivery: Delivery) -> Iterator[Incoming]:
    """Yield what the event says. Raises ``BadEvent``."""
    body = Fields(item)
    event, status = body.inner("event-data"), body.inner("event-data").inner("delivery-status")
    headers = event.inner("message").inner("headers")
    email = fields.address(event.mapping.get("recipient") or headers.mapping.get("to"))
    if email is None:
        raise BadEvent("this event is about no recipient", code="no_recipient")
    kind, bounce = _kind(event, status)
    own = event.texts("user-variables")
    occurred_at = event.time("timestamp")
    yield Incoming(
        type=kind,
        occurred_at=occurred_at or delivery.now,
        event_id=_event_id(body, event, occurred_at),
        source="mailgun",
        email=email,
        message_id=headers.text("message-id", limit=SHORT),
        campaign=own.get("campaign"),
        topic=own.get("topic"),
        bounce=bounce,
        reason=event.text("reason", limit=SHORT) or event.inner("reject").text("reason"),
        description=status.text("description") or event.inner("reject").text("description"),
        mta_response=status.text("message"),
        url=event.text("url"),
        user_agent=event.inner("client-info").text("user-agent"),
        tags=event.tags("tags"),
        metadata=own,
        machine=True if _by_bot(event) else None,
        raw=event.mapping,
    )


def _kind(event: Fields, status: Fields) -> tuple[str, str | None]:
    """Return the normalized type, and how hard a bounce is."""
    stated = event.text("event") or ""
    kind = _TYPES.get(stated, "unknown")
    if kind != "bounced":
        return kind, None
    reason = event.text("reason") or ""
    if event.text("severity") == "temporary":
        # Mailgun goes on trying: what became of the message is still to come.
        return "deferred", None
    if reason in _NOT_SENT:
        return "rejected", None
    if event.text("severity") != "permanent":
        return "bounced", "soft"
    soft = reason in _PASSING or status.text("bounce-type") == "soft"
    return "bounced", "soft" if soft else "hard"


def _event_id(body: Fields, event: Fields, occurred_at: datetime | None) -> str:
    """Return the event's own id, which Mailgun promises to be unique within a day, and the day.

    Without one the token stands for it.
    """
    own = event.text("id", limit=SHORT - 20)
    if own and occurred_at:
        return f"{occurred_at.date()}:{own}"
    token: str = body.inner("signature").mapping["token"]
    return token


def _by_bot(event: Fields) -> bool:
    return bool(event.inner("client-info").text("bot"))


PROVIDER = Provider(
    name="mailgun",
    verify=verify,
    split=split,
    read=read,
    check_secret=check_secret,
    check_settings=settings.accepting("max_age_seconds"),
)
