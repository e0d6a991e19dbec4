from collections.abc import Callable

import psycopg
import pytest

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.seals.service import seal_pending
from tests.factories import Tenant
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
