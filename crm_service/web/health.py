"""Liveness and readiness.

``/livez`` touches nothing: it says that the process answers. ``/readyz`` says that requests can be
served: the database answers, has the revision this code was made for, and knows this keyring (with
another pepper no suppression would be found).
"""

from typing import Any

import marshmallow as ma
import psycopg
import psycopg_pool
from flask import current_app

from crm_service.config import Settings
from crm_service.db import pipeline
from crm_service.web.auth import public
from crm_service.web.blueprint import Blueprint
from crm_service.web.problems import Problem

blp = Blueprint("health", __name__, description="Whether the service lives and can serve")

_RETRY = {"Retry-After": "5"}


class Health(ma.Schema):
    """The state of the service."""

    status = ma.fields.String(required=True, metadata={"example": "ok"})


@blp.get("/livez")
@public
@blp.response(200, Health)
def live() -> dict[str, str]:
    """Say that the process answers; asks nothing and nobody."""
    return {"status": "ok"}


@blp.get("/readyz")
@public
@blp.response(200, Health)
@blp.alt_response(503, "SERVICE_UNAVAILABLE")
def ready() -> dict[str, str]:
    """Say that requests can be served: database, its revision, and the keyring fit together."""
    revision, fingerprints = _ask_database()
    if revision != current_app.extensions["crm.revision"]():
        raise Problem(
            503, "migrations_pending", "run `crm-service migrate` with this release", headers=_RETRY
        )
    settings: Settings = current_app.extensions["crm.settings"]
    for purpose, version, fingerprint in fingerprints:
        held = settings.keyring.keys.get(purpose, {}).get(version)
        if held is None or settings.keyring.fingerprint(purpose, version) != fingerprint:
            raise Problem(
                503, "keyring_mismatch", "this database belongs to another keyring", headers=_RETRY
            )
    return {"status": "ok"}


def _ask_database() -> tuple[str | None, list[tuple[Any, ...]]]:
    try:
        with pipeline(None) as connection:
            revision = connection.execute("SELECT version_num FROM alembic_version")
            keys = connection.execute(
                "SELECT purpose, version, fingerprint FROM keyring_fingerprints"
            )
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        return None, []
    except (psycopg.OperationalError, psycopg_pool.PoolTimeout):
        raise Problem(
            503, "database_unavailable", "the database cannot be reached", headers=_RETRY
        ) from None
    row = revision.fetchone()
    return (row[0] if row else None), keys.fetchall()
