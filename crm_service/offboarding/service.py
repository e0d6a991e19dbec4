"""Handing a controller everything it owns (clause ee-21), and forgetting the controller (ADR 0034).

Both are for the operator. An export reads one snapshot as the service's role, so that row-level
security stands between it and everybody else's rows. Only the owner of the tables can delete.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import IsolationLevel

from crm_service.audit import service as audit
from crm_service.clock import spelled, utcnow
from crm_service.config import Settings
from crm_service.controllers import assistance
from crm_service.controllers import service as controllers
from crm_service.db import APP_ROLE, WORKER_ROLE, Connection, connect_options, driver_connection
from crm_service.db import transaction as session_transaction
from crm_service.offboarding import archive, contents, repository
from crm_service.seals import service as seals

FORMAT = "crm-service/controller-export/1"
_ACTOR = "operator:controller export"


@dataclass(frozen=True)
class Tenant:
    """The controller that is exported or leaves."""

    id: uuid.UUID
    slug: str
    name: str


@dataclass(frozen=True)
class Exported:
    """What was written: how many files and lines, and the digest that stands for all of it."""

    files: int
    lines: int
    sha256: str


def find(slug: str) -> Tenant:
    """Return the controller of this slug. Raises ``NotFound`` (``unknown_controller``)."""
    with session_transaction() as session:
        found = controllers.enter(session, slug)
        return Tenant(found.id, found.slug, found.name)


def export(
    settings: Settings, slug: str, path: Path, *, reveal_national_ids: bool = False
) -> Exported:
    """Write everything that the controller owns into a new file; the export is on record.

    The logs are sealed before, so that all but the last seconds is under a seal. National
    identification numbers stay sealed unless they are to be revealed, which is on record too.
    Raises ``NotFound``, ``Forbidden`` (``no_assistance_request``) where operators act on request
    alone, ``Invalid`` (``file_exists``), ``OSError`` and psycopg's errors; no file is left then.
    """
    with session_transaction() as session:
        found = assistance.enter(session, slug, actor=_ACTOR)
        tenant = Tenant(found.id, found.slug, found.name)
    _seal(settings)
    with archive.writing(path) as writer, snapshot(settings, tenant.id) as connection:
        for name, content in contents.contents(connection, tenant.id):
            writer.add(name, content())
        if reveal_national_ids:
            opened = contents.opened(connection, tenant.id, settings.keyring)
            writer.add(contents.NATIONAL_IDS, opened)
        sha256 = writer.close(_facts(connection, tenant, is_revealed=reveal_national_ids))
        lines = sum(member.lines for member in writer.members.values())
        done = Exported(len(writer.members), lines, sha256)
    _record(tenant, done, is_revealed=reveal_national_ids)
    return done


def _seal(settings: Settings) -> None:
    options = connect_options(WORKER_ROLE)
    with psycopg.connect(settings.worker_url, autocommit=True, **options) as connection:
        seals.seal_pending(connection, utcnow())


@contextmanager
def snapshot(settings: Settings, controller_id: uuid.UUID) -> Iterator[Connection]:
    """Yield a connection that sees one controller's rows as they are now, and writes nothing."""
    options = connect_options(APP_ROLE)
    with psycopg.connect(settings.database_url, **options) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction():
            connection.execute(
                "SELECT set_config('crm.controller_id', %s, true)", (str(controller_id),)
            )
            yield connection


def _facts(connection: Connection, tenant: Tenant, *, is_revealed: bool) -> dict[str, Any]:
    heads = repository.heads(connection, tenant.id)
    return {
        "format": FORMAT,
        "controller": {"id": str(tenant.id), "slug": tenant.slug, "name": tenant.name},
        "exported_at": spelled(utcnow()),
        "national_ids": "revealed" if is_revealed else "sealed",
        "heads": {
            log: {"number": number, "digest": digest.hex()}
            for log, (number, digest) in heads.items()
        },
    }


def _record(tenant: Tenant, done: Exported, *, is_revealed: bool) -> None:
    with session_transaction(tenant.id) as session:
        audit.record(
            driver_connection(session),
            tenant.id,
            actor=_ACTOR,
            action="offboarding.export",
            fields=["national_id"] if is_revealed else [],
            count=done.lines,
            details={"manifest_sha256": done.sha256, "national_ids_revealed": is_revealed},
        )
