"""What really is on the wire, held against the contract."""

import json
import uuid
from datetime import datetime
from typing import Any, get_type_hints

import pytest
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from prometheus_client import REGISTRY

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.outbox import contract
from crm_service.outbox.cloudevents import CONTENT_TYPE
from crm_service.outbox.events import Event
from tests.factories import Tenant
from tests.faults.inbox import Inbox
from tests.faults.relays import relaying
from tests.outbox.happenings import happen
from tests.outbox.strict import problems

pytestmark = pytest.mark.broker


def one_of_each() -> list[Event]:
    return [built(kind) for kind in contract.event_types().values()]


def built(kind: type[Event]) -> Event:
    """An event with every field set, as the contract's example shows it."""
    example = contract.example(kind)
    hints = get_type_hints(kind)
    facts = {name: typed(hints[name], value) for name, value in example["data"].items()}
    subject = uuid.uuid4() if "subject" in example else None
    return kind(subject_id=subject, occurred_at=utcnow(), **facts)


def published(kind: str) -> float:
    return REGISTRY.get_sample_value("crm_events_published_total", {"type": kind}) or 0


def typed(hint: Any, value: Any) -> Any:
    if uuid.UUID in (hint, *getattr(hint, "__args__", ())):
        return uuid.UUID(value)
    return tuple(value) if isinstance(value, list) else value


@pytest.mark.rule(25)
def test_every_event_type_is_published_as_its_schema_says(
    tenant: Tenant, relay_settings: Settings, inbox: Inbox
) -> None:
    events = one_of_each()
    happen(tenant, *events)
    before = published("policy.changed.v1")

    with relaying(relay_settings):
        delivered = inbox.await_ids(len(events))

    assert published("policy.changed.v1") == before + 1
    assert {one.routing_key for one in delivered} == set(contract.event_types())
    assert [problem for one in delivered for problem in problems(one.body)] == []
    assert {one.body["controller"] for one in delivered} == {tenant.slug}


@pytest.mark.rule(25, 26)
def test_the_message_is_persistent_and_names_what_consumers_go_by(
    tenant: Tenant, relay_settings: Settings, inbox: Inbox
) -> None:
    [event] = [one for one in one_of_each() if one.type == "consent.withdrawn.v1"]
    happen(tenant, event)

    with relaying(relay_settings):
        [one] = inbox.await_ids(1)

    assert one.routing_key == one.properties.type == one.body["type"] == "consent.withdrawn.v1"
    assert one.properties.message_id == one.body["id"]
    assert one.properties.delivery_mode == 2
    assert one.properties.content_type == CONTENT_TYPE
    assert one.properties.timestamp == int(event.occurred_at.timestamp())
    assert datetime.fromisoformat(one.body["time"]) == event.occurred_at


@pytest.mark.rule(25)
def test_the_official_library_reads_what_is_on_the_wire(
    tenant: Tenant, relay_settings: Settings, inbox: Inbox
) -> None:
    events = one_of_each()
    happen(tenant, *events)

    with relaying(relay_settings):
        delivered = inbox.await_ids(len(events))

    for one in delivered:
        message = RabbitMQMessage({}, one.properties.content_type, one.raw)
        parsed = from_structured(message, JSONFormat())
        assert parsed.get_id() == one.properties.message_id
        assert parsed.get_type() == one.routing_key
        assert parsed.get_data() == json.loads(one.raw)["data"]


@pytest.mark.rule(27)
def test_the_feed_and_the_broker_tell_the_same(
    tenant: Tenant, relay_settings: Settings, inbox: Inbox
) -> None:
    events = one_of_each()
    happen(tenant, *events)

    with relaying(relay_settings):
        delivered = inbox.await_ids(len(events))
    items: list[Any] = []
    while len(items) < len(events):
        items = tenant.client.get("/v1/events").json["items"]

    assert {item["id"]: item for item in items} == {one.body["id"]: one.body for one in delivered}
