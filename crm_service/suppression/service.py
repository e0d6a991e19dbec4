"""Blocking addresses and looking blocks up (rules 1 to 7)."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg.rows import class_row

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.errors import Invalid, NotFound
from crm_service.subjects import service as subjects
from crm_service.suppression import repository

SCOPES = ("topic", "marketing", "all")
REASONS = (
    "unsubscribe",
    "objection",
    "complaint",
    "hard_bounce",
    "invalid",
    "erasure",
    "manual",
    "import",
    "pause",
)
#: The one that ends by itself.
PAUSE = "pause"


@dataclass(frozen=True)
class Suppression:
    """A block on one address key. Only ``note`` and ``lift_justification`` may name a person.

    ``domain`` is what a block of kind domain covers; such a block is its own subject.
    """

    id: uuid.UUID
    address_key: uuid.UUID
    subject_id: uuid.UUID
    kind: str
    scope: str
    topic: str | None
    reason: str
    source: str
    note: str | None
    suppressed_at: datetime
    ends_at: datetime | None
    lifted_at: datetime | None
    lifted_by: str | None
    lift_justification: str | None
    domain: str | None


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block to set. ``topic_id`` and ``topic`` (its slug) go with scope ``topic`` only.

    ``ends_at`` goes with the reason ``pause`` only.
    ``correlation`` is what it shares with other blocks of the same happening.
    """

    address_key: uuid.UUID
    scope: str
    reason: str
    source: str
    topic_id: uuid.UUID | None = None
    topic: str | None = None
    note: str | None = None
    suppressed_at: datetime | None = None
    ends_at: datetime | None = None
    correlation: uuid.UUID | None = None


def suppress(
    connection: Connection,
    controller_id: uuid.UUID,
    blocks: Sequence[Block],
    *,
    correlation: uuid.UUID | None = None,
) -> int:
    """Block addresses that have a subject already; return how many new blocks were set.

    A block that stands is left as it is, and never replaces nor weakens another (rule 2); only a
    longer pause replaces a shorter one. The caller holds the locks of the subjects.
    """
    if not blocks:
        return 0
    now = utcnow()
    rows = [vars(block) | {"suppressed_at": block.suppressed_at or now} for block in blocks]
    facts = {
        "controller_id": controller_id,
        "rows": orjson.dumps(rows).decode(),
        "correlation": correlation or uuid.uuid4(),
        "now": now,
    }
    if any(block.ends_at for block in blocks):
        # A statement of its own: the index would still see what the same one lifts.
        connection.execute(repository.SETTLE_PAUSES, facts)
    return len(connection.execute(repository.SUPPRESS, facts).fetchall())


def suppress_address(
    connection: Connection, controller_id: uuid.UUID, block: Block, *, kind: str
) -> tuple[Suppression, bool]:
    """Block one address, known or not; return the block and whether it is new.

    No contact is needed: an address never seen gets a subject of its own (rule 1).
    """
    check(block)
    subjects.lock_by_key(connection, controller_id, block.address_key, kind=kind)
    is_new = suppress(connection, controller_id, [block]) > 0
    found = same(connection, controller_id, block)
    if not is_new:
        again = {"subject_id": found.subject_id, "kind": found.kind, **asdict(block)}
        connection.execute(repository.RESTATE, again | {"controller_id": controller_id})
    return found, is_new


def same(connection: Connection, controller_id: uuid.UUID, block: Block) -> Suppression:
    """Return what stands for a block that has just been set."""
    for standing in active(connection, controller_id, block.address_key):
        same_scope = (standing.scope, standing.topic) == (block.scope, block.topic)
        if same_scope and standing.reason == block.reason:
            return standing
    raise LookupError("the block just set is not there")  # pragma: no cover - a broken invariant


def check(block: Block) -> None:
    """Raise ``Invalid`` for a block that cannot be.

    ``unknown_scope``, ``unknown_reason``, ``invalid_end``.
    """
    for name, value, allowed in (
        ("scope", block.scope, SCOPES),
        ("reason", block.reason, REASONS),
    ):
        if value not in allowed:
            choices = ", ".join(allowed)
            raise Invalid(
                f"unknown {name}; it must be one of: {choices}",
                code=f"unknown_{name}",
                errors={name: [f"must be one of: {choices}"]},
            )
    is_pause = block.reason == PAUSE
    if is_pause != (block.ends_at is not None) or (block.ends_at and block.ends_at <= utcnow()):
        raise Invalid(
            "a pause needs ends_at, a moment to come; nothing else has one",
            code="invalid_end",
            errors={"ends_at": ["goes with the reason pause, and lies in the future"]},
        )


def active(connection: Connection, controller_id: uuid.UUID, *keys: uuid.UUID) -> list[Suppression]:
    """Return every block that stands on any of the address keys, oldest first."""
    parameters = {"controller_id": controller_id, "keys": list(keys)}
    return _fetch(connection, repository.ACTIVE_BY_KEYS, parameters)


def of_subject(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[Suppression]:
    """Return every block on any address of a subject, lifted ones included."""
    parameters = {"controller_id": controller_id, "subject_id": subject_id}
    return _fetch(connection, repository.OF_SUBJECT, parameters)


def page(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    after: uuid.UUID,
    limit: int,
    reason: str | None = None,
    include_lifted: bool = False,
) -> list[Suppression]:
    """Return the blocks behind ``after`` in id order, at most ``limit``."""
    parameters: dict[str, Any] = {
        "controller_id": controller_id,
        "after": after,
        "limit": limit,
        "reason": reason,
        "include_lifted": include_lifted,
    }
    return _fetch(connection, repository.PAGE, parameters)


def get(connection: Connection, controller_id: uuid.UUID, suppression_id: uuid.UUID) -> Suppression:
    """Return one block; raise ``NotFound`` if this controller has none with that id."""
    parameters = {"controller_id": controller_id, "id": suppression_id}
    for found in _fetch(connection, repository.BY_ID, parameters):
        return found
    raise NotFound("no such suppression", code="suppression_not_found")


def carry(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    old_key: uuid.UUID,
    new_key: uuid.UUID,
    correlation: uuid.UUID | None = None,
) -> None:
    """Let the blocks of a changed address stand on its new key too (rule 6).

    Each copy keeps reason, date, source and correlation, and is told of (rule 25).
    """
    parameters = {
        "controller_id": controller_id,
        "old_key": old_key,
        "new_key": new_key,
        "correlation": correlation or uuid.uuid4(),
        "now": utcnow(),
    }
    connection.execute(repository.CARRY, parameters)


def adopt(
    connection: Connection, controller_id: uuid.UUID, *, subject_id: uuid.UUID, into: uuid.UUID
) -> None:
    """Give the blocks of a subject without a contact to the one that adopts its addresses."""
    parameters = {"controller_id": controller_id, "subject_id": subject_id, "into": into}
    connection.execute(repository.ADOPT, parameters)


def _fetch(connection: Connection, query: str, parameters: dict[str, Any]) -> list[Suppression]:
    with connection.cursor(row_factory=class_row(Suppression)) as cursor:
        return cursor.execute(query, parameters).fetchall()
