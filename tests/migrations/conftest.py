"""A database of its own for what changes the tables themselves."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from crm_service.embedded import EmbeddedPostgres
from tests.postgres import empty_postgres


@pytest.fixture
def empty() -> Iterator[EmbeddedPostgres]:
    """A server whose database has no table yet."""
    with empty_postgres() as server:
        yield server


@pytest.fixture
def owner(empty: EmbeddedPostgres) -> Iterator[sa.Engine]:
    """The owner's engine of the empty database."""
    engine = sa.create_engine(
        empty.url().replace("postgresql://", "postgresql+psycopg://", 1), poolclass=sa.NullPool
    )
    yield engine
    engine.dispose()
