"""Finding the database that every command shares, and refusing to serve it with a wrong keyring.

``DATABASE_URL`` names it; without one it is the embedded PostgreSQL in ``CRM_DATA_DIR``, joined if
a process runs it already and otherwise started for the command's duration.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from crm_service.config import Settings, data_dir, load_settings
from crm_service.db import APP_ROLE, connect_options
from crm_service.embedded import EmbeddedPostgres, FolderInUse, open_lock
from crm_service.errors import ConfigurationError
from crm_service.keyring import Keyring
from crm_service.migrating import ensure_logins, migrate, unreachable

SERVICE_LOGIN = "crm_service_login"
WORKER_LOGIN = "crm_worker_login"
#: Losing one of these would lose suppressions or links; a cursor merely expires.
GUARDED_KEYS = ("pepper", "link")

_REMEMBER = """
INSERT INTO keyring_fingerprints (purpose, version, fingerprint) VALUES (%s, %s, %s)
ON CONFLICT DO NOTHING
"""
_RECALL = "SELECT purpose, version, fingerprint FROM keyring_fingerprints"


def uses_embedded() -> bool:
    """Whether the environment names no database."""
    return not any(os.environ.get(name) for name in ("DATABASE_URL", "DATABASE_URL_FILE"))


@contextmanager
def database() -> Iterator[Settings]:
    """Yield the settings of a reachable, migrated database; keep the embedded one up meanwhile.

    A database named by ``DATABASE_URL`` is taken as it is. Raises ``ConfigurationError``.
    """
    if not uses_embedded():
        yield load_settings()
        return
    server = EmbeddedPostgres(data_dir())
    ensure_keyring(server)
    with _joined(server), environment(embedded_urls(server)):
        prepare(server)
        settings = load_settings()
        verify_keyring(settings)
        yield settings


def embedded_urls(server: EmbeddedPostgres) -> dict[str, str]:
    """Return the settings by which all reach the embedded database, and that name its journal."""
    return {
        "DATABASE_ADMIN_URL": server.url(),
        "DATABASE_URL": server.url(SERVICE_LOGIN),
        "DATABASE_WORKER_URL": server.url(WORKER_LOGIN),
        "JOURNAL_PATH": os.environ.get("JOURNAL_PATH") or str(data_dir() / "journal"),
    }


def prepare(server: EmbeddedPostgres) -> None:
    """Bring a running embedded database up to date."""
    urls = embedded_urls(server)
    migrate(urls["DATABASE_ADMIN_URL"])
    ensure_logins(urls["DATABASE_ADMIN_URL"], urls["DATABASE_URL"], urls["DATABASE_WORKER_URL"])


def ensure_keyring(server: EmbeddedPostgres) -> None:
    """Create ``keyring.json`` for a database that does not exist yet.

    Raises ``ConfigurationError`` if the database exists and its keyring does not: a new one would
    find no suppression.
    """
    path = server.folder / "keyring.json"
    if path.exists() or any(os.environ.get(name) for name in ("KEYRING", "KEYRING_FILE")):
        return
    if not server.is_new:
        raise ConfigurationError(
            f"{path} is missing: restore it from your backup, or name it with KEYRING_FILE "
            "(a new keyring would find none of this database's suppressions)"
        )
    write_keyring(path, Keyring.create())


def write_keyring(path: Path, keyring: Keyring) -> None:
    """Write a keyring that only its owner may read. Raises ``ConfigurationError`` if one exists."""
    try:
        path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(keyring.to_json() + "\n")
        file.flush()
        os.fsync(file.fileno())


def verify_keyring(settings: Settings) -> None:
    """Refuse a keyring that is not the database's own; remember its fingerprints at first use.

    Raises ``ConfigurationError`` if a key differs from, or lacks, one that the database knows, and
    if the database cannot be reached or has no tables.
    """
    keyring = settings.keyring
    held = {
        (purpose, version): keyring.fingerprint(purpose, version)
        for purpose in GUARDED_KEYS
        for version in keyring.keys[purpose]
    }
    for key, fingerprint in _remembered(settings.database_url, held).items():
        if held.get(key) != fingerprint:
            raise ConfigurationError(
                f"this is not the keyring of this database (key '{key[0]}' {key[1]} "
                f"{'differs' if key in held else 'is missing'}): restore the one it was created "
                "with; with another one no suppression would be found"
            )


def _remembered(
    database_url: str, held: dict[tuple[str, int], bytes]
) -> dict[tuple[str, int], bytes]:
    try:
        with psycopg.connect(
            database_url, autocommit=True, **connect_options(APP_ROLE)
        ) as connection:
            known = connection.execute(_RECALL).fetchall()
            if not set(held) <= {(purpose, version) for purpose, version, _ in known}:
                with connection.cursor() as cursor:
                    cursor.executemany(_REMEMBER, [(*key, value) for key, value in held.items()])
                known = connection.execute(_RECALL).fetchall()
    except psycopg.errors.UndefinedTable:
        raise ConfigurationError(
            "the database has no tables yet: run `crm-service migrate`"
        ) from None
    except psycopg.OperationalError as error:
        raise ConfigurationError(unreachable("DATABASE_URL", error)) from None
    return {(purpose, version): bytes(value) for purpose, version, value in known}


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the block's duration."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _joined(server: EmbeddedPostgres) -> Iterator[None]:
    """Keep the embedded server running: another process's, or one that nobody leaves early.

    Whoever started it for a command stops it only when no other command is using it.
    """
    users = open_lock(server.folder, "users.lock")
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            server.start()
        except FolderInUse:
            server.await_running()
        yield
        fcntl.flock(users, fcntl.LOCK_EX)
    finally:
        server.stop()
        os.close(users)
