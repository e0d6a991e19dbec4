"""A web form with its key, and the worker."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from tests.factories import KeyClient, Tenant
from tests.subscriptions.signing import ORIGIN, browser_key, register_wording


@pytest.fixture
def worker(settings: Settings) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection as the worker has it."""
    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as connection:
        yield connection


@pytest.fixture
def form(tenant: Tenant) -> KeyClient:
    """A browser on the controller's web form, with its key; two topics to sign up for."""
    register_wording(tenant)
    for slug in ("news", "events"):
        topic = {"slug": slug, "name": {"en": slug.title()}, "category": "marketing"}
        tenant.client.post("/v1/topics", json=topic)
    key = browser_key(tenant)
    client = tenant.app.test_client()
    client.environ_base["HTTP_ORIGIN"] = ORIGIN
    return KeyClient(client, key)
