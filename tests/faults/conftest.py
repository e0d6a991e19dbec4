"""A relay's surroundings: a real broker, an outbox of the test's own, a consumer."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from crm_service.config import Settings
from tests.broker import Broker
from tests.faults.inbox import Inbox
from tests.outbox.conftest import empty_outbox, worker

__all__ = ["empty_outbox", "worker"]


@pytest.fixture
def relay_settings(settings: Settings, broker: Broker, empty_outbox: None) -> Settings:
    """The worker's settings, with the broker."""
    return replace(settings, amqp_urls=(broker.url,))


@pytest.fixture
def inbox(broker: Broker) -> Iterator[Inbox]:
    """A consumer of every event."""
    created = Inbox(broker.url)
    yield created
    broker.start()
    created.remove()
