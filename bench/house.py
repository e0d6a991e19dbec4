"""A whole house for measuring: durable PostgreSQL, a generated register, gunicorn servers."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from crm_service.config import Settings
from crm_service.embedded import EmbeddedPostgres
from crm_service.keyring import Keyring
from crm_service.migrating import ensure_logins, migrate

ROOT = Path(__file__).parent.parent
SERVICE_LOGIN, WORKER_LOGIN = "service_login", "worker_login"


@dataclass(frozen=True)
class House:
    """A running database and the settings that lead to it."""

    settings: Settings
    environment: dict[str, str]

    @contextmanager
    def serving(self, wsgi_app: str) -> Iterator[int]:
        """Serve a WSGI application as production does, on a free port; yield the port."""
        port = free_port()
        environment = self.environment | {"PORT": str(port)}
        config = str(ROOT / "deploy" / "gunicorn.conf.py")
        command = [sys.executable, "-m", "gunicorn", "-c", config, wsgi_app]
        process = subprocess.Popen(command, env=environment, cwd=ROOT)
        try:
            wait_until_served(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def built(memory: str | None = None) -> Iterator[House]:
    """Yield a house with a migrated, durable database; tear it down afterwards.

    ``memory`` is PostgreSQL's ``shared_buffers``, where the default (128 MB) would be too little.
    """
    folder = Path(tempfile.mkdtemp(prefix="crm-bench-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder, durable=True)
    try:
        server.start()
        if memory:
            with psycopg.connect(server.url(), autocommit=True) as connection:
                connection.execute(f"ALTER SYSTEM SET shared_buffers = '{memory}'")
            server.stop()
            server.start()
        migrate(server.url())
        ensure_logins(server.url(), server.url(SERVICE_LOGIN), server.url(WORKER_LOGIN))
        yield _house(server)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _house(server: EmbeddedPostgres) -> House:
    keyring = Keyring({"pepper": {1: b"p" * 32}, "link": {1: b"l" * 32}, "cursor": {1: b"c" * 32}})
    urls = {
        "DATABASE_URL": server.url(SERVICE_LOGIN),
        "DATABASE_ADMIN_URL": server.url(),
        "DATABASE_WORKER_URL": server.url(WORKER_LOGIN),
    }
    settings = Settings(
        database_url=urls["DATABASE_URL"],
        admin_url=urls["DATABASE_ADMIN_URL"],
        worker_url=urls["DATABASE_WORKER_URL"],
        keyring=keyring,
        public_url="https://crm.example.com",
        log_level="ERROR",
    )
    environment = {
        **os.environ,
        **urls,
        "KEYRING": keyring.to_json(),
        "PUBLIC_URL": settings.public_url,
        "LOG_LEVEL": "ERROR",
        "WEB_CONCURRENCY": "2",
        "WEB_THREADS": "8",
    }
    return House(settings, environment)


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_served(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Return once the port answers; raise if its process ends or time runs out."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("the server ended before it answered")
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the server did not answer in time")
