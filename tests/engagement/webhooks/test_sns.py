"""Amazon SNS: certificates from its own hosts alone, the pinned topic, confirmed subscriptions."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from crm_service.clock import utcnow
from crm_service.engagement.providers import sns
from crm_service.engagement.providers.certificates import (
    CachedCertificates,
    Unreachable,
)
from crm_service.engagement.providers.delivery import Delivery, Refused
from tests.engagement.happenings import Admin, stored
from tests.engagement.webhooks import deliveries
from tests.engagement.webhooks.deliveries import (
    CERTIFICATE_URL,
    TOPIC_ARN,
    OneCertificate,
)
from tests.engagement.webhooks.hooks import certificates_of_the_test, event_of, make_hook
from tests.factories import Tenant

HOST = "sns.eu-north-1.amazonaws.com"


@pytest.fixture
def sns_host(app: Flask) -> Iterator[OneCertificate]:
    """SNS's certificate, for whose key the tests sign."""
    with certificates_of_the_test(app) as own:
        yield own


def _delivery(signed: deliveries.Signed, **settings: Any) -> Delivery:
    return Delivery(
        body=signed.body,
        headers=signed.headers,
        url="https://crm.example.com/hook",
        now=utcnow(),
        fingerprint=deliveries.fingerprint,
        settings={"topic_arn": TOPIC_ARN} | settings,
        certificates=OneCertificate(),
    )


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("more", [{}, {"Subject": "Amazon SES Email Event Notification"}])
def test_both_versions_of_the_signature_are_known(version: str, more: dict[str, Any]) -> None:
    signed = deliveries.sns("{}", version=version, **more)

    sns.verify(_delivery(signed))


def test_an_endpoint_may_refuse_sha1() -> None:
    old, new = (deliveries.sns("{}", version=version) for version in ("1", "2"))

    sns.verify(_delivery(new, signature_version="2"))
    with pytest.raises(Refused):
        sns.verify(_delivery(old, signature_version="2"))


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE_URL.replace("https:", "http:"),
        CERTIFICATE_URL.replace("amazonaws.com", "amazonaws.com.evil.example"),
        CERTIFICATE_URL.replace("sns.", "sns.evil.example/sns."),
        CERTIFICATE_URL.replace("://", "://evil.example@"),
        CERTIFICATE_URL.replace("://", "://x:y@"),
        CERTIFICATE_URL.replace(".com/", ".com:8443/"),
        CERTIFICATE_URL.replace(".com/", ".com@evil.example/"),
        CERTIFICATE_URL.replace(".com/", ".com\\@evil.example/"),
        CERTIFICATE_URL.replace(".com/", ".com#@evil.example/"),
        CERTIFICATE_URL.replace(".com/", ".com./"),
        CERTIFICATE_URL.replace(".com/", ".com/../"),
        CERTIFICATE_URL.replace(".com/", ".com//"),
        CERTIFICATE_URL.replace("eu-north-1", "eu.north"),
        CERTIFICATE_URL.replace("sns.eu-north-1", "s3.eu-north-1"),
        CERTIFICATE_URL.replace("sns.eu-north-1", "mysns.eu-north-1"),
        CERTIFICATE_URL.replace("eu-north-1", "eu-north-1%2eevil"),
        CERTIFICATE_URL.replace("eu-north-1", "\uff45u-north-1"),
        CERTIFICATE_URL.upper(),
        CERTIFICATE_URL + "?x=https://evil.example",
        CERTIFICATE_URL + "\n",
        " " + CERTIFICATE_URL,
        CERTIFICATE_URL.replace("SimpleNotificationService-", "bucket/key-"),
        "https://127.0.0.1/SimpleNotificationService-0.pem",
        "https://[::1]/SimpleNotificationService-0.pem",
        "https://2130706433/SimpleNotificationService-0.pem",
        "https://169.254.169.254/SimpleNotificationService-0.pem",
        "file:///etc/passwd",
        "",
        None,
        ["https://sns.eu-north-1.amazonaws.com"],
    ],
)
def test_a_certificate_of_any_other_host_is_refused_and_never_asked_for(url: Any) -> None:
    delivery = _delivery(deliveries.sns("{}", SigningCertURL=url))
    asked: Any = delivery.certificates

    with pytest.raises(Refused) as refusal:
        sns.verify(delivery)

    assert (refusal.value.reason, asked.asked) == ("certificate_host", [])


def test_another_topic_is_refused_before_any_certificate_is_asked_for() -> None:
    delivery = _delivery(deliveries.sns("{}", TopicArn=f"{TOPIC_ARN}-of-another"))
    asked: Any = delivery.certificates

    with pytest.raises(Refused):
        sns.verify(delivery)

    assert asked.asked == []


def test_a_stale_message_causes_no_fetch() -> None:
    delivery = _delivery(deliveries.sns("{}", at=1_000_000_000))
    asked: Any = delivery.certificates

    with pytest.raises(Refused, match="not proven"):
        sns.verify(replace(delivery))

    assert asked.asked == []


def test_a_subscription_waits_for_an_operator_and_no_url_of_the_message_is_followed(
    tenant: Tenant, admin: Admin, sns_host: OneCertificate
) -> None:
    hook = make_hook(tenant, "ses")
    path = f"/v1/webhook-endpoints/{hook.id}"
    nothing = tenant.client.post(f"{path}/confirm")

    taken = hook.send(deliveries.sns("You have chosen…", kind="SubscriptionConfirmation"))
    pending = tenant.client.get(path).json["subscription"]
    asked_before = list(sns_host.fetched)
    confirmed = tenant.client.post(f"{path}/confirm")

    assert (nothing.status_code, nothing.json["code"]) == (409, "nothing_to_confirm")
    assert (taken.status_code, asked_before) == (200, [])
    assert pending["requested_at"] and pending["confirmed_at"] is None  # noqa: PT018 - one state
    assert confirmed.json["subscription"]["confirmed_at"]
    [url] = sns_host.fetched
    assert url.startswith(f"https://{HOST}/?Action=ConfirmSubscription&TopicArn=arn%3Aaws%3Asns")
    assert stored(admin, tenant) == []


def test_a_subscription_is_confirmed_at_once_where_the_endpoint_says_so(
    tenant: Tenant, sns_host: OneCertificate
) -> None:
    hook = make_hook(tenant, "ses", auto_confirm=True)

    hook.send(deliveries.sns("…", kind="SubscriptionConfirmation"))
    forged = hook.send(
        deliveries.sns("…", kind="SubscriptionConfirmation", TopicArn=f"{TOPIC_ARN}2")
    )

    state = tenant.client.get(f"/v1/webhook-endpoints/{hook.id}").json["subscription"]
    assert (len(sns_host.fetched), forged.status_code) == (1, 401)
    assert state["confirmed_at"] is not None


@pytest.mark.parametrize(
    "more",
    [
        {"Token": "a&TopicArn=arn:evil"},
        {"Token": "../../"},
        {"Token": ""},
        {"kind": "UnsubscribeConfirmation"},
    ],
)
def test_nothing_else_is_ever_confirmed(
    tenant: Tenant, sns_host: OneCertificate, more: dict[str, Any]
) -> None:
    hook = make_hook(tenant, "ses", auto_confirm=True)
    options = {"kind": "SubscriptionConfirmation"} | more

    answer = hook.send(deliveries.sns("…", **options))

    assert (answer.status_code, sns_host.fetched) == (200, [])


def test_a_certificate_that_cannot_be_fetched_is_503(tenant: Tenant, app: Flask) -> None:
    hook = make_hook(tenant, "ses")
    signed = hook.sign(event_of("ses"))

    def unreachable(_: str) -> bytes:
        raise Unreachable("the host of SNS did not answer")

    kept, app.extensions["crm.sns"] = app.extensions["crm.sns"], CachedCertificates(unreachable)
    try:
        answer = hook.send(signed)
        hook.send(deliveries.sns("…", kind="SubscriptionConfirmation"))
    finally:
        app.extensions["crm.sns"] = kept

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_the_greeting_of_ses_is_no_event(
    tenant: Tenant, admin: Admin, sns_host: OneCertificate
) -> None:
    hook = make_hook(tenant, "ses")
    text = "Successfully validated SNS topic for Amazon SES event publishing."

    answer = hook.send(deliveries.sns(text))

    assert (answer.status_code, answer.json["accepted"]) == (200, 0)


@pytest.mark.parametrize(
    ("arn", "host"),
    [
        (TOPIC_ARN, "sns.eu-north-1.amazonaws.com"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:t", "sns.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-us-gov:sns:us-gov-west-1:123456789012:t", "sns.us-gov-west-1.amazonaws.com"),
    ],
)
def test_each_part_of_amazon_has_its_hosts(arn: str, host: str) -> None:
    assert sns.confirmation_url(arn, "a1").startswith(f"https://{host}/?Action=")
