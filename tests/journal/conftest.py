"""A service with a journal on a database of its own, which can be put back as it was."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from crm_service.app import create_app
from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, Connection, connect_options, db, hot_pool
from crm_service.embedded import EmbeddedPostgres
from crm_service.journal.exporting import Exporter
from crm_service.journal.fence import Fence
from crm_service.journal.replaying import Replay, replay
from tests.permissions.person import Admin
from tests.postgres import SERVICE_LOGIN, WORKER_LOGIN, migrated_postgres


@dataclass
class Restorable:
    """The application, its database and its journal."""

    app: Flask = field(repr=False)
    server: EmbeddedPostgres = field(repr=False)
    admin: Admin = field(repr=False)
    folder: Path

    def write(self) -> int:
        """Write the journal as the worker does; return how many lines."""
        with self.worker() as connection:
            return Exporter(connection, self.folder).sweep()

    def replay(self) -> Replay:
        """Replay it as the command does."""
        with self.worker() as connection, self.app.app_context():
            return replay(connection, self.folder)

    def worker(self) -> Connection:
        """Return a connection as the worker."""
        url = self.server.url(WORKER_LOGIN)
        return psycopg.connect(url, autocommit=True, **connect_options(WORKER_ROLE))

    def back_up(self) -> Path:
        """Return a copy of the database as it is now."""
        copy = self.server.folder / "backup"
        with self._stopped():
            _copy(self.server.cluster, copy)
        return copy

    def restore(self, copy: Path) -> None:
        """Put the database back as it was when it was copied."""

        with self._stopped():
            shutil.rmtree(self.server.cluster)
            _copy(copy, self.server.cluster)

    @contextmanager
    def _stopped(self) -> Iterator[None]:
        self.admin.close()
        self.close()
        self.server.stop()
        yield
        self.server.start()
        self.admin = psycopg.connect(self.server.url(), autocommit=True)
        # Whatever was found out before is older than two seconds, as after any real restore.
        self.app.extensions["crm.fence"] = Fence(self.folder)

    def close(self) -> None:
        """Let go of every connection."""
        hot_pool.close(self.app)
        with self.app.app_context():
            db.engine.dispose()


def _copy(original: Path, copy: Path) -> None:
    """Copy a cluster, as the user who runs the server."""
    shutil.copytree(original, copy)
    owner = original.stat()
    for path in (copy, *copy.rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)


@pytest.fixture
def restorable(settings: Settings, tmp_path: Path) -> Iterator[Restorable]:
    """A service of the test's own, with an empty journal."""
    with migrated_postgres() as server:
        mine = replace(
            settings,
            database_url=server.url(SERVICE_LOGIN),
            admin_url=server.url(),
            worker_url=server.url(WORKER_LOGIN),
            journal_path=tmp_path / "journal",
        )
        app = create_app(mine)
        admin = psycopg.connect(server.url(), autocommit=True)
        found = Restorable(app, server, admin, tmp_path / "journal")
        yield found
        found.admin.close()
        found.close()
