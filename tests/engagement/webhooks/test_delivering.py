"""Deliveries over HTTP: proven ones are stored once, with their effect; anything else is not."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from crm_service.engagement import webhook_routes, webhooks
from tests.engagement.happenings import Admin, stored
from tests.engagement.webhooks.deliveries import OneCertificate
from tests.engagement.webhooks.hooks import PROVIDERS, certificates_of_the_test, event_of, make_hook
from tests.engagement.webhooks.test_normalizing import BATCHED
from tests.factories import Tenant


@pytest.fixture(autouse=True)
def sns(app: Flask) -> Iterator[OneCertificate]:
    """SNS's certificate, for whose key the tests sign."""
    with certificates_of_the_test(app) as own:
        yield own


@pytest.mark.rule(28)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_proven_delivery_is_stored_once_however_often_it_comes(
    tenant: Tenant, admin: Admin, provider: str
) -> None:
    hook = make_hook(tenant, provider)
    signed = hook.sign(event_of(provider))

    first, second = hook.send(signed), hook.send(signed)

    assert (first.status_code, first.json) == (
        200,
        {"accepted": 1, "duplicates": 0, "rejected": []},
    )
    [event] = stored(admin, tenant)
    assert (event["type"], event["bounce"], event["source"]) == ("bounced", "hard", provider)
    if provider == "mailgun":
        assert (second.status_code, second.json["code"]) == (406, "webhook_replayed")
    else:
        assert second.json == {"accepted": 0, "duplicates": 1, "rejected": []}


@pytest.mark.rule(28)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_event_that_is_delivered_anew_is_a_duplicate(
    tenant: Tenant, admin: Admin, provider: str
) -> None:
    hook = make_hook(tenant, provider)
    fixed = {"ses": {"MessageId": "m-1"}, "resend": {"message_id": "msg_1"}}.get(provider, {})

    answers = [hook.deliver(event_of(provider), **fixed) for _ in range(2)]

    assert [answer.json["duplicates"] for answer in answers] == [0, 1]
    assert len(stored(admin, tenant)) == 1


@pytest.mark.rule(36)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_endpoint_serves_its_own_controller_alone(
    tenant: Tenant, other_tenant: Tenant, admin: Admin, provider: str
) -> None:
    make_hook(tenant, provider)
    theirs = make_hook(other_tenant, provider)

    theirs.deliver(event_of(provider))

    assert stored(admin, tenant) == []
    assert len(stored(admin, other_tenant)) == 1


@pytest.mark.parametrize("provider", sorted(BATCHED))
def test_one_bad_event_of_five_hundred_costs_no_other(
    tenant: Tenant, admin: Admin, provider: str
) -> None:
    hook = make_hook(tenant, provider)
    events: list[Any] = [event_of(provider, f"p{n}@example.com", n) for n in range(500)]
    events[17] = event_of(provider, "nobody", 17)
    events[42] = {"event": "bounce"}

    answer = hook.deliver(*events)

    refusals = [(one["index"], one["code"]) for one in answer.json["rejected"]]
    assert (answer.status_code, answer.json["accepted"]) == (200, 498)
    assert refusals == [(17, "invalid_address"), (42, "no_recipient")]
    assert len(stored(admin, tenant)) == 498


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_unknown_type_is_stored_as_unknown(tenant: Tenant, admin: Admin, provider: str) -> None:
    hook = make_hook(tenant, provider)
    names = {"event", "type", "eventType", "RecordType"}

    def renamed(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {k: "teleported" if k in names else renamed(v) for k, v in value.items()}

    answer = hook.deliver(renamed(event_of(provider)))

    assert answer.json["accepted"] == 1
    assert [event["type"] for event in stored(admin, tenant)] == ["unknown"]


@pytest.mark.parametrize("body", [{"msys": {}}, [{"msys": {}}], []])
def test_sparkpost_pings(tenant: Tenant, admin: Admin, body: Any) -> None:
    hook = make_hook(tenant, "sparkpost")
    signed = hook.sign()

    answer = hook.send(type(signed)(str(body).replace("'", '"').encode(), signed.headers))

    assert (answer.status_code, answer.json["accepted"]) == (200, 0)
    assert stored(admin, tenant) == []


def test_an_unknown_endpoint_is_404_and_a_deleted_one_410(tenant: Tenant) -> None:
    hook = make_hook(tenant, "brevo")
    signed = hook.sign(event_of("brevo"))
    client = tenant.app.test_client()

    tenant.client.delete(f"/v1/webhook-endpoints/{hook.id}")

    wrong = f"/v1/webhooks/postmark/{hook.id}"
    nowhere = "/v1/webhooks/brevo/0f8fad5b-d9cb-469f-a165-70867728950e"
    assert hook.send(signed).status_code == 410
    assert client.head(hook.path).status_code == 410
    assert [client.post(path, data=b"[]").status_code for path in (wrong, nowhere)] == [404, 404]
    assert client.post("/v1/webhooks/nobody/1").status_code == 404


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_body_of_another_type_or_size_is_refused_before_it_is_read(
    tenant: Tenant, admin: Admin, provider: str
) -> None:
    hook = make_hook(tenant, provider)
    signed = hook.sign(event_of(provider))

    kinds = ["text/html", "multipart/form-data; boundary=x", ""]
    others = [hook.send(signed.but(content_type=kind)) for kind in kinds]
    packed = hook.send(signed.but(content_encoding="gzip"))
    large = hook.send(type(signed)(signed.body + b" " * 50 * 1024 * 1024, signed.headers))

    assert {answer.status_code for answer in (*others, packed)} == {415}
    assert (large.status_code, large.json["code"]) == (413, "body_too_large")
    assert stored(admin, tenant) == []


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("body", [b"", b"{", b"null", b'"text"', b"[1]", b"\xff\xfe", b"[" * 9999])
def test_what_is_no_event_is_refused_and_stores_nothing(
    tenant: Tenant, admin: Admin, provider: str, body: bytes
) -> None:
    hook = make_hook(tenant, provider)
    signed = hook.sign(event_of(provider))

    answer = hook.send(type(signed)(body, signed.headers))

    assert answer.status_code in {200, 401, 422}
    assert answer.status_code != 200 or answer.json["accepted"] == 0
    assert stored(admin, tenant) == []


def test_mandrill_asks_with_head_and_an_empty_batch_before_there_is_a_key(tenant: Tenant) -> None:
    new = {"provider": "mandrill", "name": "m"}
    made = tenant.client.post("/v1/webhook-endpoints", json=new).json
    hook = webhook_of(tenant, made)

    head = tenant.app.test_client().head(hook.path)
    empty = hook.send(hook.sign(secret="test-webhook"))
    forged = hook.send(hook.sign(event_of("mandrill"), secret="test-webhook"))

    assert (made["secrets"], head.status_code, head.data) == ([], 200, b"")
    assert (empty.status_code, forged.status_code) == (200, 401)


def webhook_of(tenant: Tenant, made: dict[str, Any]) -> Any:
    """Return the endpoint that was just made."""
    from tests.engagement.webhooks.hooks import Hook  # noqa: PLC0415 - one test makes its own

    return Hook(tenant, made["provider"], made["id"], made["url"])


def test_no_more_events_are_taken_than_any_provider_sends(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = make_hook(tenant, "sendgrid")
    monkeypatch.setattr(webhooks, "MOST_EVENTS", 2)

    answer = hook.deliver(*(event_of("sendgrid", number=n) for n in range(3)))

    assert (answer.status_code, answer.json["code"]) == (422, "too_many_events")


def test_a_large_delivery_is_stored_slice_by_slice(
    tenant: Tenant, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = make_hook(tenant, "sendgrid")
    events: list[Any] = [event_of("sendgrid", f"p{n}@example.com", n) for n in range(10)]
    events[1], events[5], events[8] = {}, event_of("sendgrid", "nobody", 5), {}
    monkeypatch.setattr(webhooks, "SLICE", 3)

    first, second = hook.deliver(*events), hook.deliver(*events)

    assert [one["index"] for one in first.json["rejected"]] == [1, 5, 8]
    assert (first.json["accepted"], second.json["duplicates"]) == (7, 7)
    assert len(stored(admin, tenant)) == 7


def test_the_largest_body_is_bounded() -> None:
    assert webhook_routes._LARGEST <= 16 * 1024 * 1024  # noqa: SLF001 - what the guard is told
