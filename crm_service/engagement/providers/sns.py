"""Amazon SNS: whose message it is, and that SNS signed it.

Anybody with an account at Amazon can have SNS sign a message, so the topic is pinned first. Nothing
that a message names is ever followed: the certificate's URL has to be SNS's own to the letter, and
a subscription is confirmed at a URL that is made here, from the pinned topic.
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from crm_service.engagement.providers import fields
from crm_service.engagement.providers.delivery import BadEvent, Delivery, Refused, Unreadable
from crm_service.engagement.providers.fields import Fields

#: SNS tries for up to six hours, always with the time at which the message was published.
WINDOW: Final = timedelta(hours=8)

NOTIFICATION: Final = "Notification"
CONFIRMATION: Final = "SubscriptionConfirmation"
_TYPES: Final = (NOTIFICATION, CONFIRMATION, "UnsubscribeConfirmation")

#: No user, port, path, query or other letter fits: what matches is SNS's own certificate.
_CERTIFICATE: Final = re.compile(
    r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?"
    r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem"
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9]{1,500}")

_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_HASHES = {"1": SHA1, "2": SHA256}


def envelope(body: bytes) -> Mapping[str, Any]:
    """Return the message that SNS sent. Raises ``Unreadable``."""
    return Fields(fields.read_json(body)).mapping


def verify(delivery: Delivery) -> None:
    """Raise ``Refused`` unless SNS signed this for the endpoint's topic, and lately."""
    try:
        message = envelope(delivery.body)
    except Unreadable:
        raise Refused("malformed_body") from None
    _verify_topic(message, delivery)
    try:
        sent_at = Fields(message).time("Timestamp")
    except BadEvent:
        raise Refused("malformed_body") from None
    if sent_at is None or not delivery.is_fresh(sent_at, WINDOW):
        raise Refused("stale")
    _verify_signature(message, delivery)


def _verify_topic(message: Mapping[str, Any], delivery: Delivery) -> None:
    pinned = delivery.settings["topic_arn"]
    if message.get("TopicArn") != pinned or message.get("Type") not in _TYPES:
        raise Refused("wrong_topic")
    stated = delivery.headers.get("x-amz-sns-topic-arn", pinned)
    kind = delivery.headers.get("x-amz-sns-message-type", message["Type"])
    if stated != pinned or kind != message["Type"]:
        raise Refused("contradicting_header")


def _verify_signature(message: Mapping[str, Any], delivery: Delivery) -> None:
    version = message.get("SignatureVersion")
    least = delivery.settings.get("signature_version", "1")
    if not isinstance(version, str) or version not in _HASHES or version < least:
        raise Refused("signature_version")
    url, signature = message.get("SigningCertURL"), message.get("Signature")
    if not isinstance(url, str) or not _CERTIFICATE.fullmatch(url):
        raise Refused("certificate_host")
    if delivery.certificates is None:
        raise Refused("no_certificates")
    key = delivery.certificates.public_key(url)
    try:
        shown = fields.unpack(str(signature))
        key.verify(shown, signed_text(message), PKCS1v15(), _HASHES[version]())
    except (ValueError, InvalidSignature):
        raise Refused("bad_signature") from None


def signed_text(message: Mapping[str, Any]) -> bytes:
    """Return what SNS signs: names and values of the fields that are there, a line each."""
    names = _SIGNED.get(str(message.get("Type")), _SIGNED[CONFIRMATION])
    pairs = [(name, message[name]) for name in names if message.get(name) is not None]
    return "".join(f"{name}\n{value}\n" for name, value in pairs).encode("utf-8", "replace")


def confirmation_token(delivery: Delivery) -> str | None:
    """Return the token of a proven subscription confirmation; None for any other message."""
    message = envelope(delivery.body)
    token = message.get("Token")
    if message.get("Type") != CONFIRMATION or not isinstance(token, str):
        return None
    return token if _TOKEN.fullmatch(token) else None


def confirmation_url(topic_arn: str, token: str) -> str:
    """Return where SNS is told that its messages are wanted.

    Nothing in it was sent to us but the token, which holds letters and digits alone.
    """
    _, partition, _, region, _, _ = topic_arn.split(":")
    domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    query = {"Action": "ConfirmSubscription", "TopicArn": topic_arn, "Token": token}
    return f"https://sns.{region}.{domain}/?{urlencode(query)}"
