"""What every test may use: a real PostgreSQL, the application, and a real RabbitMQ if asked for.

Tests are isolated by tenancy: each creates a controller of its own and really commits.
"""

import contextvars
import secrets
import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg.rows import TupleRow
from werkzeug.test import TestResponse

from crm_service.config import Settings
from crm_service.db import db, hot_pool
from crm_service.embedded import EmbeddedPostgres
from crm_service.keyring import Keyring
from tests.broker import Broker, free_ports
from tests.clauses import (  # noqa: F401 - hooks of pytest, found here by their names
    pytest_addoption,
    pytest_collection_finish,
    pytest_terminal_summary,
)
from tests.postgres import SERVICE_LOGIN, WORKER_LOGIN, migrated_postgres

pytest_plugins = ["tests.tenancy"]

# A busy machine is no defect of what is tested.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


def pytest_sessionstart() -> None:
    """End in order when told to stop: servers of the tests' own must not outlive the run."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse two tests by one name: of those, a run in several processes keeps only one."""
    names = Counter(item.nodeid for item in items)
    twice = [f"{name} ({times})" for name, times in names.items() if times > 1]
    if twice:
        raise pytest.UsageError(f"several tests bear one name: {', '.join(twice)}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The run's own PostgreSQL, migrated, with the logins of service and worker."""
    with migrated_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """A fixed keyring: address keys and tokens are the same in every run."""
    return Keyring({"pepper": {1: b"p" * 32}, "link": {1: b"l" * 32}, "cursor": {1: b"c" * 32}})


@pytest.fixture(scope="session")
def settings(postgres: EmbeddedPostgres, keyring: Keyring) -> Settings:
    """Settings with separate logins, neither of which can bypass row-level security."""
    return Settings(
        database_url=postgres.url(SERVICE_LOGIN),
        admin_url=postgres.url(),
        worker_url=postgres.url(WORKER_LOGIN),
        keyring=keyring,
        public_url="https://crm.example.com",
        log_level="WARNING",
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The application, as gunicorn runs it."""
    from crm_service.app import create_app  # noqa: PLC0415 - only tests of the web need all rooms

    created = create_app(settings)
    created.test_client_class = ClientOfItsOwn
    yield created
    hot_pool.close(created)
    with created.app_context():
        db.engine.dispose()


@pytest.fixture(autouse=True)
def app_context(request: pytest.FixtureRequest) -> Iterator[None]:
    """An application context around each test that uses ``app``, so that it can call services."""
    if "app" not in request.fixturenames:
        yield
        return
    created: Flask = request.getfixturevalue("app")
    with created.app_context():
        yield


class ClientOfItsOwn(FlaskClient):
    """A client in a network of its own, so that no test uses up another's limits.

    Its requests share no context with the test, as over a real connection.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second, third = secrets.token_bytes(3)
        self.environ_base["REMOTE_ADDR"] = f"{first % 100 + 11}.{second}.{third}.7"

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send the request in an empty context: nothing of ``g`` leaks in or out."""
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the application, without a key."""
    return app.test_client()


@pytest.fixture
def admin(postgres: EmbeddedPostgres) -> Iterator[psycopg.Connection[TupleRow]]:
    """An autocommitting connection of the owner, for looking at what was really stored."""
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def broker_node() -> Iterator[Broker]:
    """The run's own RabbitMQ node; started by the first test that uses ``broker``."""
    node = Broker()
    yield node
    node.remove()


@pytest.fixture
def broker(broker_node: Broker) -> Broker:
    """A running RabbitMQ node. A test may stop, kill and restart it; the next finds it running."""
    broker_node.start()
    return broker_node


@pytest.fixture
def free_port() -> int:
    """A TCP port that nobody listens on."""
    return free_ports(1)[0]
