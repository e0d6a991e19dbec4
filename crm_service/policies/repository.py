"""SQL over policy versions and agreement acceptances."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from crm_service.db import Connection

#: Serializes activations of one controller (the seed keeps it apart from locks of subjects).
_LOCK = "SELECT pg_advisory_xact_lock(uuid_hash_extended(%s::uuid, 1))"

_LATEST = """
SELECT version, sha256 FROM policy_versions
WHERE controller_id = %s ORDER BY version DESC LIMIT 1
"""

#: What this transaction itself wrote may yet be rolled back, and must not be remembered.
_IS_COMMITTED = "xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid"

_DOCUMENT = f"""
SELECT document, {_IS_COMMITTED} FROM policy_versions WHERE controller_id = %s AND version = %s
"""  # noqa: S608 - constant text

_HISTORY = """
SELECT version, name, sha256, activated_at, activated_by FROM policy_versions
WHERE controller_id = %s AND (%s::bigint IS NULL OR version = %s) ORDER BY version DESC
"""

_ADD = """
INSERT INTO policy_versions
    (id, controller_id, version, name, document, sha256, activated_at, activated_by)
VALUES (gen_random_uuid(), %s, %s, %s, %s::jsonb, %s, %s, %s)
"""

_ACCEPTANCE = """
SELECT version, accepted_by, accepted_at FROM agreement_acceptances
WHERE controller_id = %s AND version = %s
"""

_ACCEPT = """
INSERT INTO agreement_acceptances
    (id, controller_id, version, accepted_by, accepted_at, recorded_by)
VALUES (gen_random_uuid(), %s, %s, %s, %s, %s)
ON CONFLICT (controller_id, version) DO NOTHING
"""


@dataclass(frozen=True)
class Activation:
    """When and by whom a version was activated; ``sha256`` is the document's digest."""

    version: int
    name: str
    sha256: bytes
    activated_at: datetime
    activated_by: str


@dataclass(frozen=True)
class Acceptance:
    """Who accepted an agreement's version for the controller, and when."""

    version: str
    accepted_by: str
    accepted_at: datetime


def lock(connection: Connection, controller_id: uuid.UUID) -> None:
    """Wait for other activations of this controller; holds until the transaction ends."""
    connection.execute(_LOCK, (controller_id,))


def latest(connection: Connection, controller_id: uuid.UUID) -> tuple[int, bytes] | None:
    """Return the active version and its digest, or None before the first activation."""
    row = connection.execute(_LATEST, (controller_id,)).fetchone()
    return (row[0], row[1]) if row else None


def document(
    connection: Connection, controller_id: uuid.UUID, version: int
) -> tuple[dict[str, Any], bool] | None:
    """Return a version's document and whether it is committed, or None if there is no such one."""
    row = connection.execute(_DOCUMENT, (controller_id, version)).fetchone()
    return (row[0], row[1]) if row else None


def history(
    connection: Connection, controller_id: uuid.UUID, *, version: int | None = None
) -> list[Activation]:
    """Return every version, the active one first; or the one named."""
    rows = connection.execute(_HISTORY, (controller_id, version, version)).fetchall()
    return [Activation(*row) for row in rows]


def add(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    activation: Activation,
    stated: Mapping[str, Any],
) -> None:
    """Store a version; the caller holds ``lock``."""
    values = (
        controller_id,
        activation.version,
        activation.name,
        orjson.dumps(dict(stated)).decode(),
        activation.sha256,
        activation.activated_at,
        activation.activated_by,
    )
    connection.execute(_ADD, values)


def acceptance(connection: Connection, controller_id: uuid.UUID, version: str) -> Acceptance | None:
    """Return the acceptance of an agreement's version, if there is one."""
    row = connection.execute(_ACCEPTANCE, (controller_id, version)).fetchone()
    return Acceptance(*row) if row else None


def accept(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    version: str,
    accepted_by: str,
    accepted_at: datetime,
    recorded_by: str,
) -> bool:
    """Store an acceptance; False when that version was accepted before."""
    values = (controller_id, version, accepted_by, accepted_at, recorded_by)
    return connection.execute(_ACCEPT, values).rowcount == 1
