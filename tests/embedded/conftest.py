from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_service.embedded import EmbeddedPostgres


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server that has not been started, and is stopped in any case."""
    created = EmbeddedPostgres(tmp_path / "data", durable=False)
    yield created
    created.stop()
