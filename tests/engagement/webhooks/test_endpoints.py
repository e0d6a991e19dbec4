"""Endpoints of providers: created, listed, their secrets changed without a gap, deleted."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from crm_service.clock import utcnow
from crm_service.engagement.endpoints import SECRETS
from crm_service.errors import ConfigurationError
from crm_service.keyring import Keyring
from tests.engagement.happenings import Admin, stored
from tests.engagement.webhooks.deliveries import SHOWN_SECRET, OneCertificate, verification_key
from tests.engagement.webhooks.hooks import (
    PROVIDERS,
    Hook,
    certificates_of_the_test,
    event_of,
    make_hook,
)
from tests.factories import Tenant

PATH = "/v1/webhook-endpoints"


@pytest.fixture(autouse=True)
def sns(app: Flask) -> Iterator[OneCertificate]:
    """SNS's certificate, for whose key the tests sign."""
    with certificates_of_the_test(app) as own:
        yield own


@pytest.mark.parametrize("provider", ["postmark", "sparkpost", "brevo"])
def test_a_secret_that_is_made_here_is_shown_once_and_works(tenant: Tenant, provider: str) -> None:
    made = tenant.client.post(PATH, json={"provider": provider, "name": "mine"})

    hook = Hook(tenant, provider, made.json["id"], made.json["url"])
    answer = hook.deliver(event_of(provider), secret=made.json["secret"])
    shown = tenant.client.get(made.headers["Location"])
    assert made.json["url"] == f"https://crm.example.com/v1/webhooks/{provider}/{hook.id}"
    assert (made.status_code, len(made.json["secret"]), answer.status_code) == (201, 64, 200)
    assert "secret" not in shown.json
    assert made.json["secret"] not in shown.text + tenant.client.get(PATH).text


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_secret_is_stored_such_that_nobody_reads_it(
    tenant: Tenant, admin: Admin, provider: str
) -> None:
    hook = make_hook(tenant, provider)

    rows = admin.execute(
        "SELECT e::text, s::text, encode(s.sealed, 'escape') FROM webhook_endpoints e"
        " LEFT JOIN webhook_secrets s ON s.endpoint_id = e.id WHERE e.id = %s",
        (hook.id,),
    ).fetchall()

    assert rows
    for secret in (SHOWN_SECRET, "mailgun-signing-key", "mandrill-key", verification_key()):
        assert secret not in str(rows)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ({"provider": "ses"}, "invalid_settings"),
        ({"provider": "ses", "settings": {"topic_arn": "arn:aws:sqs:a:1:b"}}, "invalid_settings"),
        ({"provider": "brevo", "settings": {"topic_arn": "x"}}, "invalid_settings"),
        ({"provider": "brevo", "settings": {"header": "a b"}}, "invalid_settings"),
        ({"provider": "brevo", "settings": {"topics": {"1": "No Slug"}}}, "invalid_settings"),
        ({"provider": "mandrill", "settings": {"url": "http://example.com"}}, "invalid_settings"),
        ({"provider": "mailgun", "settings": {"max_age_seconds": 5}}, "invalid_settings"),
        ({"provider": "mailgun", "settings": {"max_age_seconds": True}}, "invalid_settings"),
        ({"provider": "mailgun", "secret": "short"}, "invalid_secret"),
        ({"provider": "mandrill", "secret": "test-webhook"}, "invalid_secret"),
        ({"provider": "brevo", "secret": "with spaces, and quite long too"}, "invalid_secret"),
        ({"provider": "sendgrid", "secret": "MFkwEwYHKoZIzj0CAQ=="}, "invalid_secret"),
        ({"provider": "resend", "secret": "whsec_c2hvcnQ="}, "invalid_secret"),
        ({"provider": "nobody"}, "invalid_request"),
    ],
)
def test_what_does_not_fit_the_provider_is_refused(
    tenant: Tenant, new: dict[str, Any], code: str
) -> None:
    answer = tenant.client.post(PATH, json={"name": "mine", **new})

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert new.get("secret", "(none)") not in answer.text
    assert tenant.client.get(PATH).json["items"] == []


def test_ses_has_no_secret(tenant: Tenant) -> None:
    hook = make_hook(tenant, "ses")

    answer = tenant.client.post(f"{PATH}/{hook.id}/secrets", json={"secret": SHOWN_SECRET})

    assert (answer.status_code, answer.json["code"]) == (422, "secret_not_used")


def test_secrets_change_without_a_gap(tenant: Tenant) -> None:
    hook = make_hook(tenant, "brevo")
    [first] = tenant.client.get(f"{PATH}/{hook.id}").json["secrets"]

    added = tenant.client.post(f"{PATH}/{hook.id}/secrets", json={}).json
    both = [hook.deliver(event_of("brevo"), secret=s) for s in (SHOWN_SECRET, added["secret"])]
    removed = tenant.client.delete(f"{PATH}/{hook.id}/secrets/{first['id']}")
    after = [hook.deliver(event_of("brevo"), secret=s) for s in (SHOWN_SECRET, added["secret"])]

    assert [answer.status_code for answer in both] == [200, 200]
    assert removed.status_code == 204
    assert [answer.status_code for answer in after] == [401, 200]


def test_a_secret_proves_nothing_once_it_has_ended(tenant: Tenant) -> None:
    hook = make_hook(tenant, "brevo")
    path = f"{PATH}/{hook.id}/secrets"

    ended = (utcnow() - timedelta(seconds=1)).isoformat()
    added = tenant.client.post(path, json={"previous_expire_at": ended}).json
    refused = tenant.client.post(path, json={"expires_at": ended})

    old, new = (hook.deliver(event_of("brevo"), secret=s) for s in (SHOWN_SECRET, added["secret"]))
    assert (old.status_code, new.status_code, refused.status_code) == (401, 200, 422)


def test_a_key_needs_the_scope(tenant: Tenant) -> None:
    narrow = tenant.client_with("contacts:read")

    answers = [narrow.get(PATH), narrow.post(PATH, json={"provider": "brevo", "name": "x"})]

    assert {answer.json["code"] for answer in answers} == {"insufficient_scope"}


def test_what_was_done_with_endpoints_is_in_the_audit_log(tenant: Tenant) -> None:
    hook = make_hook(tenant, "brevo")
    added = tenant.client.post(f"{PATH}/{hook.id}/secrets", json={}).json
    tenant.client.delete(f"{PATH}/{hook.id}/secrets/{added['id']}")
    hook.deliver(event_of("brevo"))
    tenant.client.delete(f"{PATH}/{hook.id}")

    log = tenant.client.get("/v1/audit").json["items"]

    told = [
        (one["action"], one["actor"].split(":")[0]) for one in log if "key" not in one["action"]
    ]
    assert told == [
        ("webhooks.delete_endpoint", "key"),
        ("engagement.ingest", "webhook"),
        ("webhooks.remove_secret", "key"),
        ("webhooks.add_secret", "key"),
        ("webhooks.create_endpoint", "key"),
    ]


def test_a_deleted_endpoint_is_gone_with_its_secrets(tenant: Tenant, admin: Admin) -> None:
    hook = make_hook(tenant, "brevo")

    first, second = (tenant.client.delete(f"{PATH}/{hook.id}") for _ in range(2))

    left = admin.execute("SELECT FROM webhook_secrets WHERE endpoint_id = %s", (hook.id,))
    assert (first.status_code, second.status_code, left.fetchall()) == (204, 404, [])
    assert tenant.client.get(f"{PATH}/{hook.id}").status_code == 404
    assert tenant.client.get(PATH).json["items"] == []


def test_endpoints_are_listed_page_by_page(tenant: Tenant) -> None:
    ids = sorted(make_hook(tenant, "brevo").id for _ in range(3))

    first = tenant.client.get(f"{PATH}?limit=2").json
    rest = tenant.client.get(f"{PATH}?limit=2&cursor={first['next_cursor']}").json

    assert [one["id"] for one in (*first["items"], *rest["items"])] == ids
    assert rest["next_cursor"] is None


def test_a_mandrill_endpoint_can_be_told_the_url_that_mandrill_knows(
    tenant: Tenant, admin: Admin
) -> None:
    known = "https://hooks.example.com/mandrill"
    hook = make_hook(tenant, "mandrill", url=known)

    answers = [hook.deliver(event_of("mandrill"), url=url) for url in (known, hook.url)]

    assert [answer.status_code for answer in answers] == [200, 401]
    assert len(stored(admin, tenant)) == 1


def test_what_was_sealed_opens_in_its_place_alone() -> None:
    old = Keyring({"link": {1: b"1" * 32}})
    rotated = Keyring({"link": {1: b"1" * 32, 2: b"2" * 32}})
    sealed = SECRETS.seal(old, b"here", "secret")

    assert SECRETS.unseal(rotated, b"here", sealed) == "secret"
    assert SECRETS.seal(rotated, b"here", "secret")[0] == 2
    assert SECRETS.seal(old, b"here", "secret") != sealed
    with pytest.raises(ConfigurationError, match="another keyring"):
        SECRETS.unseal(old, b"elsewhere", sealed)
    with pytest.raises(ConfigurationError, match="version 1"):
        SECRETS.unseal(Keyring({"link": {2: b"2" * 32}}), b"here", sealed)
