import pytest

from tests.engagement.tracking.readers import Admin, Reader, make_reader
from tests.factories import Tenant


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Reader:
    """Mari, who may get offers and has said nothing of tracking."""
    return make_reader(tenant, admin)


@pytest.fixture
def tracked(mari: Reader) -> Reader:
    """Mari, who permits tracking."""
    mari.permit()
    return mari
