"""An application of its own with views that fail in every way."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import marshmallow as ma
import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask, request
from flask.testing import FlaskClient

from crm_service.app import create_app
from crm_service.config import Settings
from crm_service.db import db, hot_pool
from crm_service.errors import Conflict
from crm_service.web import etags
from crm_service.web.auth import public, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.logs import configure_logging
from crm_service.web.requests import body_limit
from tests.factories import Tenant, make_tenant

Lines = Callable[[], list[dict[str, Any]]]


class Sent(ma.Schema):
    """What the echo takes."""

    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 10))
    count = ma.fields.Integer(load_default=0, strict=True)


blp = Blueprint("probe", __name__, url_prefix="/probe")

FAILURES: dict[str, Exception] = {
    "serialization": psycopg.errors.SerializationFailure("DETAIL: ada@example.com"),
    "deadlock": psycopg.errors.DeadlockDetected(),
    "disk": psycopg.errors.DiskFull(),
    "admin": psycopg.errors.AdminShutdown(),
    "lost": psycopg.OperationalError("server closed the connection"),
    "orm": sa.exc.DBAPIError("SELECT", {}, psycopg.errors.DiskFull()),
    "pool": sa.exc.TimeoutError(),
    "defect": psycopg.errors.NotNullViolation("DETAIL: (ada@example.com)"),
    "bug": ZeroDivisionError("ada@example.com"),
    "conflict": Conflict("taken by ada@example.com", code="taken", contact_id="7", status="x"),
}


@blp.post("/echo")
@public
@blp.arguments(Sent)
@blp.response(200, Sent)
def echo(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent."""
    return sent


@blp.post("/unlimited")
@public
@body_limit(None)
@blp.response(200)
def unlimited() -> dict[str, Any]:
    """Count a body of any length."""
    return {"bytes": sum(len(chunk) for chunk in iter(lambda: request.stream.read(65536), b""))}


@blp.get("/fails/<string:name>")
@public
@blp.response(200)
def fails(name: str) -> None:
    """Raise one of the failures."""
    raise FAILURES[name]


@blp.get("/undeclared")
@blp.response(200)
def undeclared() -> dict[str, Any]:
    """Declare no scope; never run."""
    return {"leaked": True}


@blp.patch("/versioned")
@requires("contacts:write")
@blp.response(200)
def versioned() -> dict[str, Any]:
    """Change version 3 of something."""
    etags.check(3)
    return {"changed": True}


@pytest.fixture(scope="session")
def probe_app(settings: Settings) -> Iterator[Flask]:
    """The application with the failing views."""
    created = create_app(settings)
    created.extensions["crm.api"].register_blueprint(blp)
    yield created
    hot_pool.close(created)
    with created.app_context():
        db.engine.dispose()


@pytest.fixture
def probe(probe_app: Flask) -> FlaskClient:
    """A client of the failing views, without a key."""
    return probe_app.test_client()


@pytest.fixture
def probing_tenant(probe_app: Flask) -> Tenant:
    """A tenant that calls the failing views."""
    return make_tenant(probe_app)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.BytesIO]:
    """Log at INFO into memory: what a process would have written to standard error."""
    buffer = io.BytesIO()
    with monkeypatch.context() as patched:
        patched.setattr("sys.stderr", io.TextIOWrapper(buffer, write_through=True))
        configure_logging("INFO")
        yield buffer
    configure_logging("WARNING")


@pytest.fixture
def lines(logged: io.BytesIO) -> Lines:
    """Return a function that returns the log's lines so far."""
    return lambda: [json.loads(line) for line in logged.getvalue().splitlines()]
