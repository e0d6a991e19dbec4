from collections.abc import Callable

import psycopg
import pytest

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.seals.service import seal_pending
from tests.decisions.moments import now, proof_file, record_of
from tests.factories import Tenant
from tests.notices.owed import granted
from tests.permissions.person import Admin, Person, make_person


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """Mari, of whom nothing is stated yet."""
    return make_person(tenant, admin)


@pytest.fixture
def seal(settings: Settings) -> Callable[[], None]:
    """Seal everything recorded so far, as the worker does."""

    def sweep() -> None:
        options = connect_options(WORKER_ROLE)
        with psycopg.connect(settings.worker_url, autocommit=True, **options) as connection:
            seal_pending(connection, utcnow())

    return sweep


@pytest.fixture
def proof(mari: Person, seal: Callable[[], None]) -> bytes:
    """A sealed proof with entries, a restriction and a suppression."""
    mari.grant()
    granted(mari, "restriction")
    at = now()
    mari.click()
    seal()
    return proof_file(mari, at)


@pytest.fixture
def record(mari: Person, proof: bytes, seal: Callable[[], None]) -> bytes:
    """What is on record of that proof, sealed."""
    seal()
    return record_of(mari, proof)
