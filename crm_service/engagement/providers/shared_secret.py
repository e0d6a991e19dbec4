"""Providers that sign nothing and show a secret instead: Postmark, SparkPost, Brevo.

Each can be told to send basic authentication (most simply in the URL), some a bearer token or a
header of one's own. Whichever way it comes, it is the endpoint's secret that proves the delivery.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator

from crm_service.engagement.providers.delivery import Delivery, Refused
from crm_service.errors import Invalid

USERNAME = "crm"
HEADER = "x-webhook-secret"

#: It may stand in a URL as it is, and cannot be tried out.
_SECRET = re.compile(r"[A-Za-z0-9._~-]{24,200}")

SETTINGS = ("username", "header", "topics")


def verify(delivery: Delivery) -> None:
    """Raise ``Refused`` unless the delivery shows one of the endpoint's secrets."""
    shown = [text.encode("utf-8", "surrogateescape") for text in _shown(delivery)]
    if not shown:
        raise Refused("missing_header")
    known = [secret.encode() for secret in delivery.secrets]
    # Every pair is compared: how long it takes tells nothing about which of them fitted.
    matches = [hmac.compare_digest(one, other) for one in shown for other in known]
    if not any(matches):
        raise Refused("bad_secret")


def check(secret: str) -> None:
    """Raise ``Invalid`` for a secret that cannot be shown in a URL, or is too short."""
    if not _SECRET.fullmatch(secret):
        raise Invalid(
            "a secret is 24 to 200 of A-Z, a-z, 0-9, '.', '_', '~' and '-'", code="invalid_secret"
        )


def _shown(delivery: Delivery) -> Iterator[str]:
    scheme, _, value = delivery.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield value.strip()
    elif scheme.lower() == "basic":
        username, _, password = _decoded(value.strip()).partition(":")
        if username == delivery.settings.get("username", USERNAME):
            yield password
    header = delivery.headers.get(delivery.settings.get("header", HEADER).lower())
    if header:
        yield header


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise Refused("malformed_header") from None
