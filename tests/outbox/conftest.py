"""The worker's connection, and an outbox without what other tests left."""

from collections.abc import Iterator

import psycopg
import pytest

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, Connection, connect_options


@pytest.fixture
def worker(settings: Settings) -> Iterator[Connection]:
    """A connection of the worker role."""
    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as connection:
        yield connection


@pytest.fixture
def empty_outbox(admin: Connection) -> None:
    """Nothing waits for the relay but what the test itself records."""
    admin.execute("DELETE FROM outbox")
    admin.execute("DELETE FROM outbox_express")
    admin.execute("DELETE FROM unroutable_events")
