"""Fixtures of retention tests."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from crm_service.app import create_app
from crm_service.config import Settings
from crm_service.db import db, hot_pool
from tests.postgres import SERVICE_LOGIN, WORKER_LOGIN, migrated_postgres
from tests.retention.aging import Retention
from tests.web.conftest import logged

__all__ = ["alone", "logged", "retention"]


@pytest.fixture
def alone(settings: Settings) -> Iterator[Flask]:
    """The application on a database of the test's own: a night looks at every controller of it."""
    with migrated_postgres() as server:
        own = replace(
            settings,
            database_url=server.url(SERVICE_LOGIN),
            admin_url=server.url(),
            worker_url=server.url(WORKER_LOGIN),
        )
        app = create_app(own)
        yield app
        hot_pool.close(app)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def retention(app: Flask, tmp_path: Path) -> Retention:
    """The command, at any moment."""
    return Retention(app, tmp_path)
