"""Nothing that is not proven is believed: each forgery of each provider's deliveries is refused."""

import base64
import json
import time
from collections.abc import Iterator

import pytest
from flask import Flask

from crm_service.engagement.metrics import REFUSED
from tests.engagement.happenings import Admin, stored
from tests.engagement.webhooks.deliveries import Signed
from tests.engagement.webhooks.forgeries import FORGERIES, Forge
from tests.engagement.webhooks.hooks import (
    PROVIDERS,
    Hook,
    certificates_of_the_test,
    event_of,
    make_hook,
)
from tests.factories import Tenant, make_tenant


@pytest.fixture(scope="module")
def victim(app: Flask) -> Iterator[Tenant]:
    """The tenant for whom all of it is forged."""
    with certificates_of_the_test(app):
        yield make_tenant(app)


@pytest.fixture(scope="module")
def hooks(victim: Tenant) -> dict[str, Hook]:
    """Its endpoints."""
    return {provider: make_hook(victim, provider) for provider in PROVIDERS}


@pytest.mark.parametrize(
    ("provider", "forge"),
    [
        pytest.param(provider, forge, id=f"{provider}: {name}")
        for provider, forgeries in FORGERIES.items()
        for name, forge in forgeries.items()
    ],
)
def test_a_forgery_is_refused_and_stores_nothing(
    hooks: dict[str, Hook], victim: Tenant, admin: Admin, provider: str, forge: Forge
) -> None:
    forged = forge(hooks[provider])

    answer = hooks[provider].send(forged)

    assert (answer.status_code, answer.json["code"]) == (401, "webhook_refused")
    assert "WWW-Authenticate" in answer.headers
    assert stored(admin, victim) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refusal_is_counted_by_provider_and_reason(hooks: dict[str, Hook], provider: str) -> None:
    def counted() -> float:
        samples = [sample for metric in REFUSED.collect() for sample in metric.samples]
        ours = [
            s for s in samples if s.name.endswith("_total") and s.labels["provider"] == provider
        ]
        return sum(sample.value for sample in ours)

    before = counted()

    hooks[provider].send(
        Signed(b"{}", hooks[provider].sign(event_of(provider)).headers).but(
            authorization="Bearer wrong"
        )
    )

    assert counted() == before + 1


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "ses"])
def test_without_a_secret_nothing_is_proven(victim: Tenant, provider: str) -> None:
    hook = make_hook(victim, provider)
    path = f"/v1/webhook-endpoints/{hook.id}"
    [secret] = victim.client.get(path).json["secrets"]
    victim.client.delete(f"{path}/secrets/{secret['id']}")

    answers = [hook.deliver(event_of(provider)), hook.deliver(event_of(provider), secret="")]

    assert {answer.status_code for answer in answers} == {401}


def test_mailguns_token_with_another_body_is_refused(
    tenant: Tenant, admin: Admin, app: Flask
) -> None:
    hook = make_hook(tenant, "mailgun")
    genuine = hook.sign(event_of("mailgun"), token="t" * 50)
    forged = hook.sign(event_of("mailgun", "jaan@example.com", 2), token="t" * 50)

    answers = [hook.send(signed) for signed in (genuine, forged, genuine)]

    assert [answer.status_code for answer in answers] == [200, 406, 406]
    assert len(stored(admin, tenant)) == 1


def test_mailguns_accounts_below_another_are_proven_by_its_key(tenant: Tenant) -> None:
    hook = make_hook(tenant, "mailgun")
    signed = hook.sign(event_of("mailgun"))
    body = json.loads(signed.body)
    body["signature"]["parent-signature"] = body["signature"]["signature"]
    body["signature"]["signature"] = "0" * 64

    answer = hook.send(Signed(json.dumps(body).encode(), signed.headers))

    assert answer.status_code == 200


@pytest.mark.parametrize("provider", ["postmark", "sparkpost", "brevo"])
def test_a_secret_may_be_shown_as_bearer_or_in_a_header_of_ones_own(
    tenant: Tenant, provider: str
) -> None:
    hook = make_hook(tenant, provider, header="X-Ours", username="me")
    signed = hook.sign(event_of(provider))
    secret = "a-secret-that-is-shown-0123456789"
    mine = base64.b64encode(f"me:{secret}".encode()).decode()

    shown = [
        signed.but(authorization=f"bearer {secret}"),
        signed.but(authorization=None, x_ours=secret),
        signed.but(authorization=f"Basic {mine}"),
    ]

    assert [hook.send(one).status_code for one in shown] == [200, 200, 200]
    assert hook.send(signed).status_code == 401


def test_standard_webhooks_may_use_its_own_headers(tenant: Tenant) -> None:
    hook = make_hook(tenant, "resend")

    answer = hook.deliver(event_of("resend"), prefix="webhook")

    assert answer.json["accepted"] == 1


@pytest.mark.parametrize(("age", "status"), [(100, 200), (200, 401)])
def test_an_endpoint_may_ask_for_fresher_deliveries(
    tenant: Tenant, age: float, status: int
) -> None:
    hook = make_hook(tenant, "sendgrid", max_age_seconds=150)

    answer = hook.deliver(event_of("sendgrid"), at=time.time() - age)

    assert answer.status_code == status
