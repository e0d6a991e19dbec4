"""Whatever comes, an adapter raises what it declares, or returns what can be stored."""

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_service.clock import utcnow
from crm_service.engagement import webhooks
from crm_service.engagement.incoming import BOUNCES, MAX_EVENT_ID, TYPES, Incoming
from crm_service.engagement.providers import PROVIDERS as ADAPTERS
from crm_service.engagement.providers.delivery import Delivery, Refused
from crm_service.errors import DomainError
from tests.engagement.happenings import Admin, stored
from tests.engagement.webhooks import deliveries
from tests.engagement.webhooks.deliveries import OneCertificate, Signed
from tests.engagement.webhooks.hooks import (
    PROVIDERS,
    Hook,
    certificates_of_the_test,
    event_of,
    make_hook,
)
from tests.engagement.webhooks.test_normalizing import BATCHED, CASES
from tests.factories import Tenant, make_tenant

BOUNDED = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FEW = settings(BOUNDED, max_examples=8)

odd_text = st.text(max_size=40) | st.sampled_from(
    ["", "\x00", "a\x00b", "\ud83d\ude00", "x" * 9999, "<script>alert(1)</script>", "@", "1e999"]
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | odd_text
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(odd_text, inner, max_size=4)
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    names: Iterable[Any] = range(len(value)) if isinstance(value, list) else ()
    for name in value if isinstance(value, dict) else names:
        yield from _places(value[name], (*path, name))


@st.composite
def spoiled(draw: st.DrawFn, provider: str) -> Any:
    """A documented event with one or two values replaced by anything."""
    _, payload, _ = draw(st.sampled_from(CASES[provider]))
    event = copy.deepcopy(payload)
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(sorted(_places(event), key=repr)))
        if not path:
            return draw(values)
        holder = event
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = draw(values)
    return event


def _delivery(provider: str, signed: Signed) -> Delivery:
    return Delivery(
        body=signed.body,
        headers=signed.headers,
        url="",
        now=utcnow(),
        fingerprint=deliveries.fingerprint,
        settings=deliveries.SETTINGS.get(provider, {}),
        secrets=[secret] if (secret := deliveries.SECRETS[provider]) else [],
        certificates=OneCertificate(),
    )


def _is_storable(event: Incoming) -> bool:
    texts = [event.email, event.message_id, event.reason, event.url, event.mta_response]
    texts += [*event.tags, *event.metadata, *event.metadata.values(), event.user_agent]
    orjson.dumps(texts)
    return (
        event.type in TYPES
        and event.bounce in {None, *BOUNCES}
        and 1 <= len(event.event_id) <= MAX_EVENT_ID
        and event.occurred_at.tzinfo is not None
        and not any("\x00" in text for text in texts if text)
        and all(len(text) <= 2000 for text in texts if text)
    )


@pytest.mark.parametrize("provider", PROVIDERS)
@BOUNDED
@given(data=st.data())
def test_whatever_is_in_an_event_it_is_read_or_reported(provider: str, data: st.DataObject) -> None:
    event = data.draw(spoiled(provider))
    signed = deliveries.SIGN[provider]([event] if provider in BATCHED else event)
    delivery = _delivery(provider, signed)

    try:
        events, _, _ = webhooks.normalize(ADAPTERS[provider], delivery)
    except DomainError:
        return

    assert all(_is_storable(one) for one in events)


@pytest.mark.parametrize("provider", PROVIDERS)
@BOUNDED
@given(
    body=st.binary(max_size=200) | values.map(deliveries.as_json),
    spoil=st.dictionaries(st.integers(0, 9), st.text(st.characters(max_codepoint=255)), max_size=4),
)
def test_whatever_is_sent_it_is_refused(provider: str, body: bytes, spoil: dict[int, str]) -> None:
    headers = deliveries.SIGN[provider](event_of(provider)).headers
    names = sorted(headers)
    spoiled_headers = headers | {names[n]: text for n, text in spoil.items() if n < len(names)}
    shown = {**spoiled_headers, "authorization": spoil.get(0, "")}

    with pytest.raises(Refused):
        ADAPTERS[provider].verify(_delivery(provider, Signed(body, shown)))


@pytest.fixture(scope="module")
def fuzzed(app: Flask) -> Iterator[dict[str, Hook]]:
    """An endpoint of each provider, for one tenant."""
    with certificates_of_the_test(app):
        tenant = make_tenant(app)
        yield {provider: make_hook(tenant, provider) for provider in PROVIDERS}


@pytest.mark.parametrize("provider", PROVIDERS)
@FEW
@given(data=st.data())
def test_no_proven_delivery_is_a_defect(
    fuzzed: dict[str, Hook], provider: str, data: st.DataObject
) -> None:
    answer = fuzzed[provider].deliver(data.draw(spoiled(provider)))

    assert answer.status_code in {200, 422}


@pytest.mark.parametrize("provider", sorted(BATCHED))
def test_half_a_character_costs_no_event(tenant: Tenant, admin: Admin, provider: str) -> None:
    hook = make_hook(tenant, provider)
    events = [event_of(provider, number=1), {**event_of(provider, number=2), "x": "\ud83d"}]

    answer = hook.deliver(*events)

    assert (answer.json["accepted"], len(stored(admin, tenant))) == (2, 2)


def test_texts_without_end_are_cut_off(tenant: Tenant, admin: Admin) -> None:
    hook = make_hook(tenant, "sendgrid")
    event = event_of("sendgrid") | {"useragent": "x" * 100_000, "reason": "y" * 100_000}

    answer = hook.deliver(event | {f"own{n}": "z" * 5000 for n in range(200)})

    [kept] = stored(admin, tenant)
    assert answer.json["accepted"] == 1
    assert len(str(kept)) < 30_000
