from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.service import Service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on a new data folder; the module's tests leave it running."""
    running = Service(tmp_path_factory.mktemp("serving") / "data")
    yield running
    running.stop()
