"""Fixtures of tenants: each test has its own, and another's."""

import pytest
from flask import Flask

from tests.factories import Tenant, make_tenant


@pytest.fixture
def tenant(app: Flask) -> Tenant:
    """A controller of this test's own."""
    return make_tenant(app)


@pytest.fixture
def other_tenant(app: Flask) -> Tenant:
    """Somebody else's controller."""
    return make_tenant(app)
