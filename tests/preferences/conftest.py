import pytest

from tests.factories import Tenant
from tests.unsubscribe.people import Admin, Recipient, make_recipient


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Recipient:
    """A recipient of three topics with a link of the topic offers."""
    return make_recipient(tenant, admin)
