"""Fixtures of retention tests."""

from pathlib import Path

import pytest
from flask import Flask

from tests.retention.aging import Retention
from tests.web.conftest import logged

__all__ = ["logged", "retention"]


@pytest.fixture
def retention(app: Flask, tmp_path: Path) -> Retention:
    """The command, at any moment."""
    return Retention(app, tmp_path)
