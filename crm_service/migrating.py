"""Bringing a database up to date: the tables, and the logins that may use them.

Migrations run as the owner, one at a time across all instances (an advisory lock), each in a
transaction of its own with a short lock timeout. The service and the worker have logins of their
own that can bypass nothing (rule 36).
"""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from psycopg import sql
from psycopg.rows import TupleRow

from crm_service.db import APP_ROLE, WORKER_ROLE
from crm_service.errors import ConfigurationError

#: One migration at a time, whoever runs it. An arbitrary number, known only here.
_LOCK = 0x43524D01
_ASK_AGAIN_SECONDS = 0.2
_OLDEST_POSTGRES = 150_000
_TOO_FEW_RIGHTS = (psycopg.errors.InsufficientPrivilege,)


def migrate(admin_url: str) -> None:
    """Upgrade the database to the newest revision; a database that has it is left alone.

    Raises ``ConfigurationError`` if the database cannot be reached, is older than PostgreSQL 15, or
    the login may not change it.
    """
    # What it would tell at every start is that there is nothing to do.
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
    with _owner(admin_url) as connection:
        _take_turns(connection)
        engine = sa.create_engine(
            admin_url.replace("postgresql://", "postgresql+psycopg://", 1),
            poolclass=sa.NullPool,
            hide_parameters=True,
        )
        try:
            with engine.connect() as migrated:
                command.upgrade(alembic_config(migrated), "head")
        except sa.exc.DBAPIError as error:
            if isinstance(error.orig, _TOO_FEW_RIGHTS):
                raise ConfigurationError(
                    f"the login of {_owner_setting()} may not change the database: "
                    f"{error.orig.diag.message_primary}"
                ) from None
            raise


def _take_turns(connection: psycopg.Connection[TupleRow]) -> None:
    """Wait until nobody else migrates, asking again and again.

    A statement that waited would hold a snapshot, and an index that the other makes without
    stopping writers waits for every snapshot: the two would wait for ever.
    """
    asked = "SELECT pg_try_advisory_lock(%s)"
    while connection.execute(asked, (_LOCK,)).fetchone() != (True,):
        time.sleep(_ASK_AGAIN_SECONDS)


def alembic_config(connection: sa.Connection) -> Config:
    """Return Alembic's configuration, bound to ``connection``."""
    config = Config(str(resources() / "migrations" / "alembic.ini"))
    config.attributes["connection"] = connection
    return config


def ensure_logins(admin_url: str, service_url: str, worker_url: str) -> None:
    """Create the logins that the URLs name, members of their role, or set their passwords anew.

    A URL with the owner's login is skipped: the owner may act as either role already.
    """
    with _owner(admin_url) as connection:
        for url, role in ((service_url, APP_ROLE), (worker_url, WORKER_ROLE)):
            login = unquote(urlsplit(url).username or "")
            if login and login != connection.info.user:
                _ensure_login(connection, login, unquote(urlsplit(url).password or ""), role)


def resources() -> Path:
    """Return the folder that holds ``migrations/`` and ``deploy/``.

    The checkout, or ``share/crm-service`` of the environment that the package is installed in.
    """
    checkout = Path(__file__).resolve().parents[1]
    installed = Path(sys.prefix) / "share" / "crm-service"
    for folder in (checkout, installed):
        if (folder / "migrations" / "env.py").is_file():
            return folder
    raise ConfigurationError(f"no migrations, neither in {checkout} nor in {installed}")


def _ensure_login(
    connection: psycopg.Connection[TupleRow], login: str, password: str, role: str
) -> None:
    name, found = sql.Identifier(login), "SELECT FROM pg_roles WHERE rolname = %s"
    if connection.execute(found, (login,)).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOBYPASSRLS").format(name))
    if password:
        # Hashed here, so that the password is in no statement that the server might log.
        hashed = connection.pgconn.encrypt_password(
            password.encode(), login.encode(), b"scram-sha-256"
        )
        change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(hashed.decode()))
        connection.execute(change)
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), name))


@contextmanager
def _owner(admin_url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    try:
        connection = psycopg.connect(admin_url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise ConfigurationError(unreachable(_owner_setting(), error)) from None
    with connection:
        if connection.info.server_version < _OLDEST_POSTGRES:
            raise ConfigurationError("the database is older than PostgreSQL 15")
        yield connection


def _owner_setting() -> str:
    names = ("DATABASE_ADMIN_URL", "DATABASE_ADMIN_URL_FILE")
    return names[0] if any(os.environ.get(name) for name in names) else "DATABASE_URL"


def unreachable(setting: str, error: Exception) -> str:
    """Return one line that says which database cannot be reached, and why."""
    reason = " ".join(str(error).split())
    return f"the database of {setting} cannot be reached: {reason}"
