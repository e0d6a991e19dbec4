"""Fixtures of imports and exports."""

from pathlib import Path

import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.transfers.ordering import Request
from tests.factories import Tenant
from tests.transfers.suppression_lists import Lists, make_topic


@pytest.fixture
def lists(app: Flask, settings: Settings, tenant: Tenant, tmp_path: Path) -> Lists:
    """Importing lists of refusals for the test's tenant, who has a topic ``news``."""
    make_topic(tenant)
    return Lists(settings, tenant, tmp_path)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of a hundred rows, so that a small file has many."""
    of = Request.of.__func__  # type: ignore[attr-defined]  # the function of a class method

    def smaller(cls: type, *facts: object) -> object:
        request = of(cls, *facts)
        object.__setattr__(request, "batch_rows", 100)
        return request

    monkeypatch.setattr(Request, "of", classmethod(smaller))
