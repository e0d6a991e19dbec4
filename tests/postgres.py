"""A private PostgreSQL for the test run: own folder, own socket, no port, gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_service.embedded import EmbeddedPostgres
from crm_service.migrating import ensure_logins, migrate

SERVICE_LOGIN = "service_login"
WORKER_LOGIN = "worker_login"


@contextmanager
def empty_postgres() -> Iterator[EmbeddedPostgres]:
    """Yield a running server whose database has no table yet; remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="crm-tests-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder, durable=False)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def migrated_postgres() -> Iterator[EmbeddedPostgres]:
    """Yield a running server with every table and the logins of service and worker."""
    with empty_postgres() as server:
        migrate(server.url())
        ensure_logins(server.url(), server.url(SERVICE_LOGIN), server.url(WORKER_LOGIN))
        yield server
