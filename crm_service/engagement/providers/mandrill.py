"""Mandrill's webhooks: HMAC-SHA1 over the URL and the sorted parameters; arrays within a form.

Mandrill asks the URL with HEAD, then sends an empty batch signed with a key that everybody knows,
and only then tells the webhook's own key: that batch is let through, for it says nothing. Events
have no id: one is made from ``_id``, type and time.
"""

import base64
import hmac
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

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

SIGNATURE: Final = "x-mandrill-signature"
#: What the test before the webhook exists is signed with.
TEST_KEY: Final = "test-webhook"
_MOST_PARAMETERS: Final = 10

Kind = tuple[str, str | None]

_TYPES: dict[str, Kind] = {
    "send": ("sent", None),
    "delivered": ("delivered", None),
    "deferral": ("deferred", None),
    "hard_bounce": ("bounced", "hard"),
    "soft_bounce": ("bounced", "soft"),
    "open": ("opened", None),
    "click": ("clicked", None),
    "spam": ("complained", None),
    "unsub": ("unsubscribed", None),
    "reject": ("rejected", None),
}


def verify(delivery: Delivery) -> None:
    """Raise ``Refused`` unless one of the endpoint's keys signed this form for this URL."""
    shown = delivery.header(SIGNATURE).encode("utf-8", "replace")
    try:
        parameters = _parameters(delivery.body)
    except Unreadable:
        raise Refused("malformed_body") from None
    secrets = list(delivery.secrets)
    if parameters.get("mandrill_events", "").strip() == "[]":
        secrets.append(TEST_KEY)
    url = delivery.settings.get("url", delivery.url)
    signed = (url + "".join(k + v for k, v in sorted(parameters.items()))).encode()
    expected = [base64.b64encode(hmac.digest(key.encode(), signed, "sha1")) for key in secrets]
    if not any([hmac.compare_digest(shown, one) for one in expected]):  # noqa: C419 - all of them
        raise Refused("bad_signature")


def check_secret(secret: str) -> None:
    """Raise ``Invalid`` for what can be no key of Mandrill's."""
    if not re.fullmatch(r"[\x21-\x7e]{16,200}", secret) or secret == TEST_KEY:
        raise Invalid("the secret is the key that Mandrill shows", code="invalid_secret")


def _parameters(body: bytes) -> dict[str, str]:
    """Return the form. Raises ``Unreadable`` for a name that comes twice."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:
        raise Unreadable("the body is no form") from None
    if len(dict(pairs)) != len(pairs):
        raise Unreadable("the form has a name twice")
    return dict(pairs)


def split(delivery: Delivery) -> Sequence[Any]:
    """Return the events. Raises ``Unreadable``."""
    events = fields.read_json(_parameters(delivery.body).get("mandrill_events", "").encode())
    if not isinstance(events, list):
        raise Unreadable("Mandrill's deliveries are arrays of events")
    return events


def read(item: Any, delivery: Delivery) -> Iterator[Incoming]:
    """Yield what one event says. Raises ``BadEvent``."""
    event = Fields(item)
    message, reject = event.inner("msg"), event.inner("reject")
    email = fields.address(message.mapping.get("email") or reject.mapping.get("email"))
    stated = event.text("event", "type", limit=SHORT) or ""
    if email is None or stated == "inbound":
        raise BadEvent("this event is about no recipient", code="no_recipient")
    kind, bounce = _TYPES.get(stated, ("unknown", None))
    own, occurred_at, url = message.texts("metadata"), event.time("ts"), event.text("url")
    message_id = event.text("_id", limit=SHORT) or message.text("_id", limit=SHORT)
    yield Incoming(
        type=kind,
        occurred_at=occurred_at or delivery.now,
        event_id=delivery.fingerprint(message_id, stated, occurred_at, email, url),
        source="mandrill",
        email=email,
        message_id=message_id,
        campaign=own.get("campaign"),
        topic=own.get("topic"),
        bounce=bounce,
        reason=message.text("bounce_description") or reject.text("reason"),
        description=reject.text("detail"),
        mta_response=message.text("diag"),
        url=url,
        user_agent=event.text("user_agent"),
        tags=message.tags("tags"),
        metadata=own,
        raw=event.mapping,
    )


PROVIDER = Provider(
    name="mandrill",
    verify=verify,
    split=split,
    read=read,
    check_secret=check_secret,
    check_settings=settings.accepting("url"),
    media_types=frozenset({"application/x-www-form-urlencoded"}),
    body_limit=16 * 1024 * 1024,
)
