"""Database handles, the model base, and the only ``commit()`` in the service.

Two ways in, one rule: ``transaction()`` for the ORM and ``pipeline()`` for set-based SQL on the hot
paths. Both name the controller whose rows row-level security lets through, for this transaction
only; without one, no tenant's row is visible. Where a client manager calls, they name that one as
well: only contacts assigned to the manager are visible then (clause ws-02).
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Annotated, Any

import psycopg
import sqlalchemy as sa
from flask import Flask, current_app, g, has_app_context
from flask_sqlalchemy import SQLAlchemy
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

#: Roles that migrations create. Logins are members; neither can bypass row-level security.
APP_ROLE = "crm_app"
WORKER_ROLE = "crm_worker"

SET_CONTROLLER = "SELECT set_config('crm.controller_id', %s, true)"

_ENTER = """
SELECT set_config('crm.controller_id', {}, true), set_config('crm.client_manager', {}, true)
"""
_ENTER_ORM = sa.text(_ENTER.format(":controller", ":manager"))
_ENTER_HOT = _ENTER.format("%s", "%s")

Connection = psycopg.Connection[TupleRow]


class Base(DeclarativeBase):
    """Declarative base: named constraints, aware timestamps."""

    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {datetime: sa.DateTime(timezone=True), str: sa.Text()}


db = SQLAlchemy(metadata=Base.metadata)

uuid_pk = Annotated[uuid.UUID, mapped_column(primary_key=True, default=uuid.uuid4)]
created_at = Annotated[datetime, mapped_column(server_default=sa.func.now())]


#: Statements about many keys are planned without looking at whose and which they are. PostgreSQL
#: knows the tenants of yesterday: of one it has not sampled it expects no row, and of one among
#: thousands few; it then reads that tenant's whole share of a table instead of looking keys up.
_KEYED_PLANS = " -c plan_cache_mode=force_generic_plan"


def connect_options(role: str, *, keyed: bool = False) -> dict[str, Any]:
    """Return libpq arguments: act as ``role`` from the first statement on, in UTC.

    ``keyed``: for set-based statements, which must look rows up by key however large any tenant is.
    """
    options = f"-c role={role} -c timezone=UTC -c idle_in_transaction_session_timeout=60000"
    if keyed:
        options += _KEYED_PLANS
    return {"options": options, "application_name": "crm-service", "connect_timeout": 5}


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id: the order in which transactions began to write."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name in DDL."""
        return "xid8"


class HotPool:
    """A psycopg pool a process, opened at first use (after gunicorn has forked)."""

    def __init__(self) -> None:
        self._lock = Lock()

    def get(self, app: Flask) -> ConnectionPool[Connection]:
        """Return the pool of this application in this process."""
        pool: ConnectionPool[Connection] | None = app.extensions.get("crm.pool")
        if pool is not None:
            return pool
        with self._lock:
            pool = app.extensions.get("crm.pool")
            if pool is None:
                settings = app.extensions["crm.settings"]
                pool = ConnectionPool(
                    settings.database_url,
                    kwargs=connect_options(APP_ROLE, keyed=True),
                    min_size=1,
                    max_size=settings.web_threads + 2,
                    timeout=10,
                    open=True,
                )
                app.extensions["crm.pool"] = pool
            return pool

    def close(self, app: Flask) -> None:
        """Close the pool of this process, if it was opened."""
        pool = app.extensions.pop("crm.pool", None)
        if pool is not None:
            pool.close()


hot_pool = HotPool()


def init_database(app: Flask, database_url: str, pool_size: int) -> None:
    """Bind the ORM to ``database_url`` (libpq form) as the service role."""
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url.replace(
        "postgresql://", "postgresql+psycopg://", 1
    )
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "connect_args": connect_options(APP_ROLE),
        "hide_parameters": True,
        "pool_size": pool_size,
        "max_overflow": 2,
        "pool_timeout": 10,
        # A server that was restarted has cut every connection: find out before a request does.
        "pool_pre_ping": True,
        "use_native_hstore": False,
    }
    db.init_app(app)


@contextmanager
def transaction(controller_id: uuid.UUID | None = None) -> Iterator[Session]:
    """Commit everything done inside, or nothing.

    ``controller_id`` is the tenant whose rows may be seen and written; None sees no tenant's.
    """
    session = db.session()
    try:
        controller = str(controller_id) if controller_id else ""
        session.execute(_ENTER_ORM, {"controller": controller, "manager": _client_manager()})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        db.session.remove()


@contextmanager
def pipeline(controller_id: uuid.UUID | None) -> Iterator[Connection]:
    """Yield a pooled connection in pipeline mode; commit everything done inside, or nothing.

    Statements are queued and travel together with BEGIN and COMMIT in as few flushes as their
    results are asked for. Nothing may be answered to a client before the block has ended: only
    then is the commit known to be durable.
    """
    pool = hot_pool.get(current_app)
    try:
        with pool.connection() as connection, connection.pipeline():
            controller = str(controller_id) if controller_id else ""
            connection.execute(_ENTER_HOT, (controller, _client_manager()))
            yield connection
            # Queued like any statement: ``commit()`` would wait, and the pipeline's end again.
            connection.execute("COMMIT")
    except psycopg.OperationalError:
        # A server that was restarted has cut them all: throw the dead ones away at once, instead
        # of failing one request for each.
        pool.check()
        raise


def act_for_client_manager(name: str | None) -> None:
    """Let every later transaction of this request see what is assigned to this manager alone."""
    g.client_manager = name


def _client_manager() -> str:
    return (g.get("client_manager") or "") if has_app_context() else ""


def driver_connection(session: Session) -> Connection:
    """Return the psycopg connection under ``session``: set-based SQL in the same transaction."""
    raw: Connection | None = session.connection().connection.driver_connection
    if raw is None:  # pragma: no cover - only a detached connection has none
        raise RuntimeError("the session has no database connection")
    return raw
