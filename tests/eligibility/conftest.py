import pytest

from tests.factories import Tenant
from tests.permissions.person import Admin, Person, make_person


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """Mari, of whom nothing is stated yet."""
    return make_person(tenant, admin)
