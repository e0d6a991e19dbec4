"""Forgetting a controller: closed, compared with its export, deleted (ADR 0034).

Each step may be interrupted at any point and is taken up again by the same command. Nothing is
deleted before the export was found whole and equal to what is stored.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from crm_service.config import Settings
from crm_service.controllers import link_refs
from crm_service.db import Connection
from crm_service.errors import ConfigurationError, Conflict
from crm_service.journal import leaving as journal
from crm_service.offboarding import archive, contents, proving, repository
from crm_service.offboarding.archive import Reader
from crm_service.offboarding.service import Tenant, find, snapshot

#: What goes on changing by itself: marks of use, what waits to be sent, and the logs, whose heads
#: are compared instead.
_MOVING = frozenset(
    contents.table_of(name)
    for name in (
        "api_keys",
        "audit_entries",
        "controllers",
        "idempotency_keys",
        "link_fetches",
        "outbox",
        "outbox_express",
        "seals",
        "unroutable_events",
    )
)
#: Without policy and keys nothing new is written while the rest goes.
_FIRST = ("policy_versions", "api_keys")
_PATIENCE_SECONDS = 60.0
_EVERY_SECONDS = 0.05
#: Until then a process may still take the controller for open.
SETTLING_SECONDS = link_refs.KNOWN_FOR_SECONDS + 1

_MAY_DELETE = "SELECT has_table_privilege('ledger_entries', 'DELETE')"
_ENTER = "SELECT set_config('crm.controller_id', %s, false)"
_CLOSE = """
UPDATE controllers SET closed_at = coalesce(closed_at, now()) WHERE id = %s
RETURNING pg_current_xact_id()::text::bigint
"""
_CLOSED_FOR = "SELECT extract(epoch FROM now() - closed_at)::float FROM controllers WHERE id = %s"
_REOPEN = "UPDATE controllers SET closed_at = NULL WHERE id = %s"
_OLDEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_BEGUN = "SELECT manifest_sha256 FROM offboardings WHERE leaving_id = %s"
_BEGIN = """
INSERT INTO offboardings
    (id, leaving_id, manifest_sha256, ledger_seal, ledger_head, audit_seal, audit_head)
VALUES (gen_random_uuid(), %(id)s, decode(%(manifest_sha256)s, 'hex'), %(ledger_seal)s,
    decode(%(ledger_head)s, 'hex'), %(audit_seal)s, decode(%(audit_head)s, 'hex'))
"""
_SEAL = "SELECT digest FROM seals WHERE controller_id = %s AND log = %s AND number = %s"
_END = "UPDATE offboardings SET leaving_id = NULL, ended_at = now() WHERE leaving_id = %s"
_FORGET = "DELETE FROM controllers WHERE id = %s"


def offboard(settings: Settings, slug: str, path: Path) -> int:
    """Delete everything of a controller but the heads of its logs; return how many rows.

    From the moment it is closed none of its keys and links works. Raises ``Invalid``
    (``damaged_export``), ``Conflict`` (``foreign_export``, ``export_outdated``: the controller is
    opened again and nothing was deleted), ``ConfigurationError`` without the owner's login.
    """
    tenant = find(slug)
    with archive.reading(path) as export, _owner(settings, tenant.id) as owner:
        if not _is_begun(owner, tenant, export):
            _refuse_foreign(export, tenant)
            _close_and_compare(settings, owner, tenant, export)
            _begin(settings, owner, tenant, export)
        return _delete(owner, tenant.id)


@contextmanager
def _owner(settings: Settings, controller_id: uuid.UUID) -> Iterator[Connection]:
    options = "-c timezone=UTC -c lock_timeout=5s"
    with psycopg.connect(settings.admin_url, autocommit=True, options=options) as connection:
        row = connection.execute(_MAY_DELETE).fetchone()
        if not (row and row[0]):
            raise ConfigurationError(
                "only the owner's login may delete a controller: set DATABASE_ADMIN_URL"
            )
        connection.execute(_ENTER, (str(controller_id),))
        yield connection


def _is_begun(owner: Connection, tenant: Tenant, export: Reader) -> bool:
    """Tell whether deleting has begun with this very export, and was interrupted."""
    row = owner.execute(_BEGUN, (tenant.id,)).fetchone()
    if row is not None and bytes(row[0]).hex() != export.sha256:
        raise Conflict(
            "deleting has begun with another export: name that one", code="foreign_export"
        )
    return row is not None


def _refuse_foreign(export: Reader, tenant: Tenant) -> None:
    if export.manifest["controller"]["id"] != str(tenant.id):
        raise Conflict("this is the export of another controller", code="foreign_export")
    wrong = proving.prove(export).wrong
    if wrong:
        raise Conflict(f"the export does not hold: {wrong[0]}", code="damaged_export")


def _close_and_compare(
    settings: Settings, owner: Connection, tenant: Tenant, export: Reader
) -> None:
    """Close the controller; open it again where the export is not what is stored."""
    row = owner.execute(_CLOSE, (tenant.id,)).fetchone()
    try:
        _await_others(owner, row[0] if row else 0)
        changed = list(_changed(settings, tenant.id, export))
        if changed:
            raise Conflict(
                f"changed since the export: {', '.join(changed)}; export again, then offboard",
                code="export_outdated",
            )
    except BaseException:
        owner.execute(_REOPEN, (tenant.id,))
        raise


def _await_others(owner: Connection, closing: int) -> None:
    """Wait until whoever began to write before the closing has ended."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while (row := owner.execute(_OLDEST).fetchone()) and row[0] <= closing:
        if time.monotonic() > end:
            raise Conflict("a transaction has been writing for a minute", code="database_busy")
        time.sleep(_EVERY_SECONDS)


def _changed(settings: Settings, controller_id: uuid.UUID, export: Reader) -> Iterator[str]:
    """Yield the members of the export that are not what is stored now."""
    with snapshot(settings, controller_id) as connection:
        for log, head in export.manifest["heads"].items():
            where = (controller_id, log, head["number"])
            row = connection.execute(_SEAL, where).fetchone()
            if row is None or bytes(row[0]).hex() != head["digest"]:
                yield f"the {log}'s seals"
        for name, content in contents.contents(connection, controller_id):
            if name not in _MOVING and archive.measured(content()) != export.members.get(name):
                yield name


def _begin(settings: Settings, owner: Connection, tenant: Tenant, export: Reader) -> None:
    """Write down that it is being deleted: from here on nothing brings it back, no backup either.

    Where a journal is written, it is told.
    """
    facts = {"manifest_sha256": export.sha256, **_heads(export)}
    with owner.transaction():
        owner.execute(_BEGIN, {"id": tenant.id, **facts})
        if settings.journal_path is not None:
            journal.note(owner, tenant.id, facts)


def _heads(export: Reader) -> dict[str, Any]:
    heads: dict[str, Any] = {}
    for log in ("ledger", "audit"):
        head = export.manifest["heads"].get(log)
        heads[f"{log}_seal"] = head["number"] if head else 0
        heads[f"{log}_head"] = head["digest"] if head else ""
    return heads


def _delete(owner: Connection, controller_id: uuid.UUID) -> int:
    """Delete until nothing is left, then the controller itself; return how many rows."""
    order = [*_FIRST, *(t for t in repository.children_first(owner) if t not in _FIRST)]
    deleted = 0
    is_settled = False
    while (gone := _pass(owner, order, controller_id)) or not is_settled:
        deleted += gone
        # Whoever still took it for open has noticed by then; what they wrote goes as well.
        is_settled = not gone and _settled(owner, controller_id)
    with owner.transaction():
        owner.execute(_FORGET, (controller_id,))
        owner.execute(_END, (controller_id,))
    return deleted + 1


def _pass(owner: Connection, order: list[str], controller_id: uuid.UUID) -> int:
    return sum(repository.delete(owner, table, controller_id) for table in order)


def _settled(owner: Connection, controller_id: uuid.UUID) -> bool:
    """Wait until every process knows that the controller is closed; True if it was known before."""
    row = owner.execute(_CLOSED_FOR, (controller_id,)).fetchone()
    left = SETTLING_SECONDS - (row[0] if row else 0)
    if left > 0:
        time.sleep(left)
    return left <= 0
