import secrets
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from crm_service.config import Settings
from crm_service.db import APP_ROLE, WORKER_ROLE, Connection, connect_options
from tests.seals.logbook import Logbook


@pytest.fixture
def service(settings: Settings) -> Iterator[Connection]:
    options = connect_options(APP_ROLE)
    with psycopg.connect(settings.database_url, autocommit=True, **options) as connection:
        yield connection


@pytest.fixture
def worker(settings: Settings) -> Iterator[Connection]:
    options = connect_options(WORKER_ROLE)
    with psycopg.connect(settings.worker_url, autocommit=True, **options) as connection:
        yield connection


@pytest.fixture
def logbook(service: Connection, worker: Connection, admin: Connection) -> Logbook:
    return make_logbook(service, worker, admin)


@pytest.fixture
def other_logbook(service: Connection, worker: Connection, admin: Connection) -> Logbook:
    return make_logbook(service, worker, admin)


def make_logbook(service: Connection, worker: Connection, owner: Connection) -> Logbook:
    controller_id, slug = uuid.uuid4(), f"seals-{secrets.token_hex(6)}"
    owner.execute(
        "INSERT INTO controllers (id, slug, name, link_ref) VALUES (%s, %s, 'A Company', %s)",
        (controller_id, slug, secrets.randbits(32)),
    )
    return Logbook(controller_id, slug, service, worker, owner)
