"""What tests of webhooks share: an endpoint of each provider, and sending to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask

from tests.engagement.webhooks import deliveries
from tests.engagement.webhooks.deliveries import OneCertificate, Signed
from tests.engagement.webhooks.test_normalizing import BATCHED
from tests.factories import Answer, Tenant

PROVIDERS = tuple(deliveries.SIGN)


@dataclass(frozen=True)
class Hook:
    """A tenant's endpoint at one provider."""

    tenant: Tenant
    provider: str
    id: str
    url: str

    @property
    def path(self) -> str:
        """Where it is below the service's own address."""
        return f"/v1/webhooks/{self.provider}/{self.id}"

    def sign(self, *events: Any, **options: Any) -> Signed:
        """Return a delivery of these events, as the provider packs and signs it."""
        payload = list(events) if self.provider in BATCHED else events[0]
        return deliveries.SIGN[self.provider](payload, **({"url": self.url} | options))

    def send(self, signed: Signed, **options: Any) -> Answer:
        """Deliver it."""
        client = self.tenant.app.test_client()
        answer = client.post(self.path, data=signed.body, headers=signed.headers, **options)
        return cast("Answer", answer)

    def deliver(self, *events: Any, **options: Any) -> Answer:
        """Sign and deliver."""
        return self.send(self.sign(*events, **options))


def make_hook(tenant: Tenant, provider: str, **settings: Any) -> Hook:
    """Create an endpoint with the test's secret."""
    new = {
        "provider": provider,
        "name": "test",
        "secret": deliveries.SECRETS[provider],
        "settings": deliveries.SETTINGS.get(provider, {}) | settings,
    }
    made = tenant.client.post("/v1/webhook-endpoints", json=new)
    assert made.status_code == 201, made.text
    return Hook(tenant, provider, made.json["id"], made.json["url"])


@contextmanager
def certificates_of_the_test(app: Flask) -> Iterator[OneCertificate]:
    """Let SNS's certificate be the test's own."""
    kept, app.extensions["crm.sns"] = app.extensions["crm.sns"], OneCertificate()
    try:
        yield app.extensions["crm.sns"]
    finally:
        app.extensions["crm.sns"] = kept


def event_of(provider: str, email: str = "mari@example.com", number: int = 1) -> dict[str, Any]:
    """Return a hard bounce in the provider's words; each ``number`` is an event of its own."""
    return _BOUNCES[provider](email, number, 1763800000 + number)


_BOUNCES: dict[str, Callable[[str, int, int], dict[str, Any]]] = {
    "ses": lambda email, number, at: {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": email}],
            "timestamp": at,
            "feedbackId": f"feedback-{number}",
        },
        "mail": {"messageId": f"m-{number}", "destination": [email]},
    },
    "sendgrid": lambda email, number, at: {
        "email": email,
        "event": "bounce",
        "type": "bounce",
        "timestamp": at,
        "sg_event_id": f"event-{number}",
    },
    "mailgun": lambda email, number, at: {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "recipient": email,
        "timestamp": at,
        "id": f"event-{number}",
    },
    "postmark": lambda email, number, at: {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "Email": email,
        "ID": number,
        "BouncedAt": at,
    },
    "sparkpost": lambda email, number, at: {
        "msys": {
            "message_event": {
                "type": "bounce",
                "bounce_class": "10",
                "rcpt_to": email,
                "timestamp": at,
                "event_id": f"event-{number}",
            }
        }
    },
    "brevo": lambda email, number, at: {
        "event": "hard_bounce",
        "email": email,
        "ts_epoch": at * 1000,
        "message-id": f"m-{number}",
    },
    "mandrill": lambda email, number, at: {
        "event": "hard_bounce",
        "_id": f"m-{number}",
        "ts": at,
        "msg": {"email": email},
    },
    "resend": lambda email, number, at: {
        "type": "email.bounced",
        "created_at": at,
        "data": {"to": [email], "email_id": f"m-{number}", "bounce": {"type": "Permanent"}},
    },
}
