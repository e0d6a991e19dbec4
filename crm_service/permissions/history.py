"""Reading the ledger back: what stood at a moment, every entry, and rebuilding the projection."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg.rows import dict_row

from crm_service import arrays
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.permissions import history_repository
from crm_service.permissions.digest import LedgerRow, ledger_digest
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.policies.terms import term_end

_REFUSED = frozenset({"withdrawn", "objected"})


@dataclass(frozen=True)
class Moment:
    """What the ledger says of a subject at ``at``, under the policy of that time."""

    at: datetime
    policy_version: int
    items: list[dict[str, Any]]


def as_of(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    at: datetime | None = None,
) -> Moment:
    """Answer "was it permitted at T?" for any past T, or for now (rule 19).

    Facts count from when they happened, as far as they are known today.
    """
    moment = at or utcnow()
    policy = _policy_at(connection, controller_id, moment)
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            history_repository.AS_OF_WITH_TOPICS,
            {"controller_id": controller_id, "subject_id": subject_id, "at": at},
        ).fetchall()
    return Moment(moment, policy.version, [_stated(row, rows, policy, moment) for row in rows])


def consenting(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_ids: Sequence[uuid.UUID],
    *,
    purpose: str,
) -> set[uuid.UUID]:
    """Return those whose consent to a whole purpose stands in the ledger now (clause ws-04)."""
    now = utcnow()
    policy = policies.active(connection, controller_id)
    facts = {"controller_id": controller_id, "subject_ids": arrays.of_ids(subject_ids), "at": None}
    found: dict[uuid.UUID, list[dict[str, Any]]] = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(history_repository.OF_MANY, facts):
            found.setdefault(row["subject_id"], []).append(row)
    sought = ("consent", purpose, None)
    return {
        subject_id
        for subject_id, rows in found.items()
        for row in rows
        if (row["basis"], row["purpose"], row["topic_id"]) == sought
        and _stated(row, rows, policy, now)["in_force"]
    }


def _policy_at(connection: Connection, controller_id: uuid.UUID, moment: datetime) -> Policy:
    activations = policies.history(connection, controller_id)
    held = [version for version in activations if version.activated_at <= moment]
    # Facts from before the first policy are judged by the first one.
    version = held[0].version if held else activations[-1].version
    return policies.at_version(connection, controller_id, version)


def _stated(
    row: dict[str, Any], rows: Sequence[dict[str, Any]], policy: Policy, moment: datetime
) -> dict[str, Any]:
    ends_at = _term_ends_at(row, policy)
    runs = ends_at is None or ends_at > moment
    refused = any(_refuses(other, row) for other in rows)
    purpose = policy.purposes.get(row["purpose"])
    allowed = purpose is not None and purpose.allows(row["basis"], row["channel"])
    in_force = row["state"] == "granted" and allowed and runs and not refused
    return {**row, "term_ends_at": ends_at, "in_force": in_force}


def _refuses(other: dict[str, Any], row: dict[str, Any]) -> bool:
    same_place = all(other[name] == row[name] for name in ("address_key", "channel", "purpose"))
    covers = other["topic_id"] is None or other["topic_id"] == row["topic_id"]
    is_later = other["since"] >= row["since"] or row["basis"] != "consent"
    return same_place and covers and other["state"] in _REFUSED and is_later


def _term_ends_at(row: dict[str, Any], policy: Policy) -> datetime | None:
    purpose = policy.purposes.get(row["purpose"])
    rule = purpose.bases.get(row["basis"]) if purpose else None
    if rule is None or rule.term is None:
        return None
    anchor = row["since"] if rule.term_from == "since" else row["anchor_at"]
    return term_end(anchor, rule.term, policy.timezone)


def count(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> int:
    """Return how many entries the ledger has of a subject."""
    row = connection.execute(history_repository.COUNT, (controller_id, subject_id)).fetchone()
    return int(row[0]) if row else 0


def ledger(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    *,
    after: int = 0,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Return the entries of a subject behind a position, oldest first, each with its digest."""
    facts = {
        "controller_id": controller_id,
        "subject_id": subject_id,
        "after": after,
        "limit": limit,
    }
    rows = connection.execute(history_repository.ENTRIES, facts).fetchall()
    width = len(LedgerRow._fields)
    return [_entry(LedgerRow(*row[:width]), *row[width:]) for row in rows]


def _entry(
    row: LedgerRow, topic: str | None, evidence: str | None, erased_at: datetime | None
) -> dict[str, Any]:
    return {
        **row._asdict(),
        "topic": topic,
        "evidence": orjson.loads(evidence) if evidence else None,
        "evidence_sha256": row.evidence_sha256.hex() if row.evidence_sha256 else None,
        "evidence_erased_at": erased_at,
        "digest": ledger_digest(row).hex(),
    }


def rebuild(connection: Connection, controller_id: uuid.UUID) -> int:
    """Replace a controller's projection by what its ledger says; return how many rows stand.

    Equal to what the incremental writes left, unless somebody changed the projection by hand.
    """
    facts = {"controller_id": controller_id, "subject_id": None, "at": None}
    connection.execute(history_repository.LOCK_PROJECTION)
    connection.execute(history_repository.REBUILD_DELETE, facts)
    return connection.execute(history_repository.REBUILD_INSERT, facts).rowcount
