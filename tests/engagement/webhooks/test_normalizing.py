"""Every documented event of every provider, field by field."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crm_service.engagement import webhooks
from crm_service.engagement.incoming import TYPES, Incoming
from crm_service.engagement.providers import PROVIDERS
from crm_service.engagement.providers.delivery import Delivery
from tests.engagement.webhooks import deliveries
from tests.engagement.webhooks.payloads import (
    EMAIL,
    Case,
    brevo,
    mailgun,
    mandrill,
    postmark,
    resend,
    sendgrid,
    ses,
    sparkpost,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CASES: dict[str, list[Case]] = {
    "brevo": brevo.CASES,
    "mailgun": mailgun.CASES,
    "mandrill": mandrill.CASES,
    "postmark": postmark.CASES,
    "resend": resend.CASES,
    "sendgrid": sendgrid.CASES,
    "ses": ses.CASES,
    "sparkpost": sparkpost.CASES,
}
#: The groups, streams and lists that the endpoint was told about.
TOPICS = {"10": "news", "42": "news", "broadcast": "news", "ExampleTopicName": "news"}
BATCHED = {"sendgrid", "sparkpost", "brevo", "mandrill"}


def delivered(provider: str, payload: Any) -> Delivery:
    """Return a delivery of this event, as its provider packs it."""
    signed = deliveries.SIGN[provider]([payload] if provider in BATCHED else payload)
    return Delivery(
        body=signed.body,
        headers=signed.headers,
        url="https://crm.example.com/hook",
        now=NOW,
        fingerprint=deliveries.fingerprint,
        settings={"topics": TOPICS},
    )


def said(event: Incoming) -> dict[str, Any]:
    """Return what is set, but for what goes without saying."""
    values = event._asdict()
    values["occurred_at"] = event.occurred_at.isoformat()
    unsaid = {"raw", "source", "email"}
    return {name: value for name, value in values.items() if value and name not in unsaid}


@pytest.mark.parametrize(
    ("provider", "payload", "meant"),
    [
        pytest.param(provider, payload, meant, id=f"{provider}: {name}")
        for provider, cases in CASES.items()
        for name, payload, meant in cases
    ],
)
def test_a_documented_event_is_normalized(
    provider: str, payload: Any, meant: dict[str, Any]
) -> None:
    delivery = delivered(provider, payload)

    [event], places, rejected = webhooks.normalize(PROVIDERS[provider], delivery)

    expected = {"occurred_at": NOW.isoformat(), **meant}
    known = {name: value for name, value in expected.items() if value}
    assert (places, rejected) == ([0], [])
    assert (event.source, event.email) == (provider, EMAIL)
    assert said(event) == {"event_id": event.event_id, **known}
    assert event.raw is not None
    assert 1 <= len(event.event_id) <= 200


def test_every_type_comes_from_some_provider() -> None:
    meant = {told["type"] for cases in CASES.values() for _, _, told in cases}

    assert meant == set(TYPES)


@pytest.mark.rule(28)
@pytest.mark.parametrize("provider", CASES)
def test_an_event_has_the_same_id_each_time_and_others_have_another(provider: str) -> None:
    once = [delivered(provider, payload) for _, payload, _ in CASES[provider]]

    def ids() -> list[str]:
        adapter = PROVIDERS[provider]
        return [webhooks.normalize(adapter, delivery)[0][0].event_id for delivery in once]

    assert ids() == ids()
    if provider in {"brevo", "mandrill"}:
        assert len(set(ids())) == len(once)


@pytest.mark.parametrize("provider", ["postmark", "brevo", "mandrill"])
def test_an_id_made_here_holds_no_address(provider: str) -> None:
    for _, payload, _ in CASES[provider]:
        [event], _, _ = webhooks.normalize(PROVIDERS[provider], delivered(provider, payload))

        assert "@" not in event.event_id
