"""Fixtures of imports and exports."""

from pathlib import Path

import pytest
from flask import Flask

from crm_service.config import Settings
from tests.factories import Tenant
from tests.transfers.suppression_lists import Lists, make_topic


@pytest.fixture
def lists(app: Flask, settings: Settings, tenant: Tenant, tmp_path: Path) -> Lists:
    """Importing lists of refusals for the test's tenant, who has a topic ``news``."""
    make_topic(tenant)
    return Lists(settings, tenant, tmp_path)
