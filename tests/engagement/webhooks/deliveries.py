"""Deliveries as providers make them, signed with keys that the tests make."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

TOPIC_ARN = "arn:aws:sns:eu-north-1:123456789012:ses-events"
CERTIFICATE_URL = (
    "https://sns.eu-north-1.amazonaws.com/SimpleNotificationService-"
    "f3ecfb7224c7233fe7bb5f59f96de52f.pem"
)
SHOWN_SECRET = "a-secret-that-is-shown-0123456789"
MAILGUN_KEY = "mailgun-signing-key-0123456789"
MANDRILL_KEY = "mandrill-key-0123456789"
RESEND_SECRET = "whsec_" + base64.b64encode(b"r" * 24).decode()
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)


def verification_key(key: ec.EllipticCurvePrivateKey = EC_KEY) -> str:
    """Return the public key as SendGrid shows it."""
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


@dataclass(frozen=True)
class Signed:
    """One request, ready to be sent."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def but(self, **headers: str | None) -> "Signed":
        """Return the same with other headers; None takes one away."""
        changed = self.headers | {
            k.replace("_", "-"): v for k, v in headers.items() if v is not None
        }
        gone = {k.replace("_", "-") for k, v in headers.items() if v is None}
        return Signed(self.body, {k: v for k, v in changed.items() if k not in gone})


Sign = Callable[..., Signed]


def as_json(payload: Any) -> bytes:
    """Return the payload as providers write it."""
    return json.dumps(payload).encode()


def showing(payload: Any, *, secret: str = SHOWN_SECRET, **_: Any) -> Signed:
    """Return a delivery with basic authentication: Postmark, SparkPost, Brevo."""
    shown = base64.b64encode(f"crm:{secret}".encode()).decode()
    return Signed(
        as_json(payload), {"content-type": "application/json", "authorization": f"Basic {shown}"}
    )


def sendgrid(
    payload: Any, *, key: ec.EllipticCurvePrivateKey = EC_KEY, at: float | None = None, **_: Any
) -> Signed:
    """Return a signed delivery of SendGrid's."""
    body, timestamp = as_json(payload), str(int(at or time.time()))
    signature = key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return Signed(
        body,
        {
            "content-type": "application/json",
            "x-twilio-email-event-webhook-timestamp": timestamp,
            "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        },
    )


def mailgun(
    payload: Any,
    *,
    secret: str = MAILGUN_KEY,
    at: float | None = None,
    token: str | None = None,
    **_: Any,
) -> Signed:
    """Return a signed delivery of Mailgun's around this ``event-data``."""
    timestamp, token = str(int(at or time.time())), token or uuid.uuid4().hex + "0" * 18
    signature = hmac.new(secret.encode(), (timestamp + token).encode(), "sha256").hexdigest()
    signed = {"timestamp": timestamp, "token": token, "signature": signature}
    body = as_json({"signature": signed, "event-data": payload})
    return Signed(body, {"content-type": "application/json"})


def mandrill(payload: Any, *, secret: str = MANDRILL_KEY, url: str = "", **_: Any) -> Signed:
    """Return a signed form of Mandrill's for the endpoint at ``url``."""
    events = json.dumps(payload)
    signed = f"{url}mandrill_events{events}".encode()
    signature = base64.b64encode(hmac.new(secret.encode(), signed, "sha1").digest()).decode()
    return Signed(
        urlencode({"mandrill_events": events}).encode(),
        {
            "content-type": "application/x-www-form-urlencoded",
            "x-mandrill-signature": signature,
        },
    )


def resend(
    payload: Any,
    *,
    secret: str = RESEND_SECRET,
    at: float | None = None,
    message_id: str | None = None,
    prefix: str = "svix",
    **_: Any,
) -> Signed:
    """Return a delivery signed as Standard Webhooks has it."""
    body, timestamp = as_json(payload), str(int(at or time.time()))
    message_id = message_id or f"msg_{uuid.uuid4().hex}"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, "sha256").digest()).decode()
    return Signed(
        body,
        {
            "content-type": "application/json",
            f"{prefix}-id": message_id,
            f"{prefix}-timestamp": timestamp,
            f"{prefix}-signature": f"v1,{signature}",
        },
    )


def sns(
    message: str,
    *,
    key: rsa.RSAPrivateKey = RSA_KEY,
    at: float | None = None,
    version: str = "2",
    kind: str = "Notification",
    **more: Any,
) -> Signed:
    """Return what SNS posts: ``message`` in its envelope, signed; ``more`` replaces fields."""
    sent = datetime.fromtimestamp(at or time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    envelope = {
        "Type": kind,
        "MessageId": str(uuid.uuid4()),
        "TopicArn": TOPIC_ARN,
        "Message": message,
        "Timestamp": sent,
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
    }
    if kind != "Notification":
        envelope["Token"] = "2336412f37" * 20
        envelope["SubscribeURL"] = "https://169.254.169.254/latest/meta-data/"
    envelope |= more
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if kind != "Notification":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - as SNS does
    signature = key.sign(text.encode(), padding.PKCS1v15(), algorithm)
    envelope["Signature"] = base64.b64encode(signature).decode()
    return Signed(as_json(envelope), {"content-type": "text/plain; charset=UTF-8"})


def ses(payload: Any, **more: Any) -> Signed:
    """Return an event of SES, as SNS posts it."""
    return sns(json.dumps(payload), **more)


SIGN: dict[str, Sign] = {
    "ses": ses,
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "postmark": showing,
    "sparkpost": showing,
    "brevo": showing,
    "mandrill": mandrill,
    "resend": resend,
}
SECRETS: dict[str, str | None] = {
    "ses": None,
    "sendgrid": verification_key(),
    "mailgun": MAILGUN_KEY,
    "postmark": SHOWN_SECRET,
    "sparkpost": SHOWN_SECRET,
    "brevo": SHOWN_SECRET,
    "mandrill": MANDRILL_KEY,
    "resend": RESEND_SECRET,
}
SETTINGS: dict[str, dict[str, Any]] = {"ses": {"topic_arn": TOPIC_ARN}}


class OneCertificate:
    """SNS's certificates, where the test holds the key."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fetched: list[str] = []

    def public_key(self, url: str) -> RSAPublicKey:
        """Return the test's public key."""
        self.asked.append(url)
        return RSA_KEY.public_key()

    def fetch(self, url: str) -> bytes:
        """Answer as SNS does when a subscription is confirmed."""
        self.fetched.append(url)
        return b"<ConfirmSubscriptionResponse/>"


def certificate(
    key: rsa.RSAPrivateKey = RSA_KEY, *, name: str = "sns.amazonaws.com", days: int = 30
) -> bytes:
    """Return a certificate that signs itself, valid for so many days (ended, if negative)."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def fingerprint(*parts: object) -> str:
    """Return a short text for parts, as the service's own does with its key."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]
