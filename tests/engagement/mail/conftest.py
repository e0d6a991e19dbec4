import pytest

from tests.engagement.mail.recipients import Admin, Recipient, make_recipient
from tests.factories import Tenant


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Recipient:
    """Mari, who was sent a message of the campaign spring."""
    return make_recipient(tenant, admin)
