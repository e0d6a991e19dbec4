"""What other products' webhooks were broken by, each tried here."""

import contextlib
import hmac
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.engagement.providers import shared_secret
from crm_service.engagement.providers.delivery import Delivery, Refused
from tests.engagement.happenings import Admin, stored
from tests.engagement.webhooks import deliveries
from tests.engagement.webhooks.deliveries import OneCertificate, Signed
from tests.engagement.webhooks.hooks import (
    PROVIDERS,
    certificates_of_the_test,
    event_of,
    make_hook,
)
from tests.factories import Tenant

_SCRIPT = "<script>alert(document.domain)</script>"
_BLOCKS = "SELECT reason FROM suppressions WHERE controller_id = %s AND lifted_at IS NULL"


@pytest.fixture(autouse=True)
def sns(app: Flask) -> Iterator[OneCertificate]:
    """SNS's certificate, for whose key the tests sign."""
    with certificates_of_the_test(app) as own:
        yield own


@pytest.mark.rule(29)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_proven_bounce_blocks_and_an_unproven_one_blocks_nobody(
    tenant: Tenant, admin: Admin, provider: str
) -> None:
    hook = make_hook(tenant, provider)
    event = event_of(provider)
    # These two sign within the body.
    key = rsa.generate_private_key(65537, 2048)
    forged: dict[str, dict[str, Any]] = {"ses": {"key": key}, "mailgun": {"secret": "x"}}
    signed = hook.sign(event, **forged.get(provider, {}))

    unproven = hook.send(Signed(signed.body, {"content-type": signed.headers["content-type"]}))
    before = admin.execute(_BLOCKS, (tenant.controller_id,)).fetchall()
    hook.deliver(event)

    after = admin.execute(_BLOCKS, (tenant.controller_id,)).fetchall()
    assert (unproven.status_code, before, after) == (401, [], [("hard_bounce",)])


def test_metadata_is_text_and_never_markup(tenant: Tenant, admin: Admin) -> None:
    hook = make_hook(tenant, "sendgrid")
    event = event_of("sendgrid") | {"category": [_SCRIPT], "own": _SCRIPT, "url": "javascript:1"}

    answer = hook.deliver(event | {"event": "click", "useragent": _SCRIPT})

    [kept] = stored(admin, tenant)
    assert answer.headers["Content-Type"] == "application/json"
    assert _SCRIPT not in answer.text
    assert (kept["url"], kept["metadata"]["own"], kept["tags"]) == (None, _SCRIPT, [_SCRIPT])


@pytest.mark.parametrize("shown", ["a" * 24, "c" * 24, "a" * 23, "x" * 24, ""])
def test_what_is_wrong_with_a_secret_cannot_be_told_by_time(
    monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    compared: list[bytes] = []

    def counting(one: bytes, other: bytes) -> bool:
        compared.append(other)
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", counting)
    secrets = ["a" * 24, "b" * 24, "c" * 24]
    delivery = Delivery(
        body=b"",
        headers={"authorization": f"Bearer {shown}"},
        url="",
        now=utcnow(),
        fingerprint=deliveries.fingerprint,
        secrets=secrets,
    )
    with contextlib.suppress(Refused):
        shared_secret.verify(delivery)

    # Whichever fits, and if none does: each is compared, in full.
    assert compared == [secret.encode() for secret in secrets]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_answer_and_no_log_repeats_what_was_sent(
    tenant: Tenant, capfd: pytest.CaptureFixture[str], provider: str
) -> None:
    hook = make_hook(tenant, provider)
    event = event_of(provider, "very-private@example.com")

    answers = [
        hook.deliver(event),
        hook.deliver(event_of(provider, "no address of very-private")),
        hook.send(hook.sign(event).but(authorization="Basic very-private")),
    ]

    assert all("very-private" not in answer.text for answer in answers)
    assert "very-private" not in "".join(capfd.readouterr())


def test_a_delivery_that_the_database_lost_is_503_and_taken_when_it_comes_again(
    tenant: Tenant, admin: Admin
) -> None:
    hook = make_hook(tenant, "mailgun")
    signed = hook.sign(event_of("mailgun"))
    waiting = (
        "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'engagement_seen'::regclass"
    )

    with ThreadPoolExecutor(1) as thread, admin.transaction():
        admin.execute("LOCK TABLE engagement_seen")
        sent = thread.submit(hook.send, signed)
        while (row := admin.execute(waiting).fetchone()) is None and not sent.done():
            pass
        admin.execute("SELECT pg_terminate_backend(%s)", row)
        lost = sent.result()
    taken = hook.send(signed)

    assert (lost.status_code, lost.json["code"]) == (503, "database_unavailable")
    assert "Retry-After" in lost.headers
    assert (taken.status_code, taken.json["accepted"]) == (200, 1)


def test_mailguns_token_is_spent_once_by_whoever_comes_first(tenant: Tenant, admin: Admin) -> None:
    hook = make_hook(tenant, "mailgun")
    signed = [hook.sign(event_of("mailgun", number=n), token="t" * 50) for n in range(8)]

    with ThreadPoolExecutor(len(signed)) as threads:
        answers = list(threads.map(hook.send, signed))

    assert sorted(answer.status_code for answer in answers) == [200] + [406] * 7
    assert len(stored(admin, tenant)) == 1


def test_an_endpoint_is_seen_by_its_id_but_changed_by_nobody_else(
    tenant: Tenant, settings: Settings
) -> None:
    hook = make_hook(tenant, "brevo")

    with psycopg.connect(settings.database_url) as connection:
        connection.execute("SET ROLE crm_app")
        connection.execute("SELECT set_config('crm.hint', %s, true)", (hook.id,))
        seen = connection.execute("SELECT count(*) FROM webhook_endpoints").fetchone()
        secrets = connection.execute("SELECT count(*) FROM webhook_secrets").fetchone()
        changed = connection.execute("UPDATE webhook_endpoints SET name = 'mine'").rowcount

    assert (seen, secrets, changed) == ((1,), (0,), 0)
