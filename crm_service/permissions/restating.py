"""Restating permissions: for a changed address, an earlier start of the term, a request's end."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.permissions import restating_repository as repository
from crm_service.policies.document import Policy


def carry(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    *,
    subject_id: uuid.UUID,
    old_key: uuid.UUID,
    new_key: uuid.UUID | None,
    recorded_by: str,
    correlation: uuid.UUID,
) -> int:
    """Move the permissions of a changed address to its new key (rule 6); return how many entries.

    With ``new_key`` None the address was taken away, and its permissions with it.
    """
    return _rewrite(
        connection,
        repository.CARRY,
        controller_id,
        policy,
        {"subject_id": subject_id, "old_key": old_key, "new_key": new_key},
        recorded_by,
        correlation,
    )


def reanchor(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    *,
    subject_ids: Sequence[uuid.UUID],
    anchors: Sequence[datetime],
    recorded_by: str,
    correlation: uuid.UUID,
) -> int:
    """Move the start of the terms earlier where ``added_at`` turned out earlier (rule 20)."""
    moved = {"subject_ids": list(subject_ids), "anchors": list(anchors)}
    return _rewrite(
        connection, repository.REANCHOR, controller_id, policy, moved, recorded_by, correlation
    )


def expire(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    *,
    subject_id: uuid.UUID,
    requested_at: datetime,
    recorded_by: str,
    correlation: uuid.UUID,
) -> int:
    """End the consent that was asked for at that moment and is pending still; return how much.

    No event: nobody was told of the request either, and no consent has ended. The caller holds the
    subject's lock.
    """
    asked = {"subject_id": subject_id, "requested_at": requested_at, "now": utcnow()}
    return _rewrite(
        connection, repository.EXPIRE, controller_id, policy, asked, recorded_by, correlation
    )


def _rewrite(
    connection: Connection,
    statement: str,
    controller_id: uuid.UUID,
    policy: Policy,
    facts: dict[str, Any],
    recorded_by: str,
    correlation: uuid.UUID,
) -> int:
    constants = {
        "controller_id": controller_id,
        "recorded_by": recorded_by,
        "policy_version": policy.version,
        "correlation": correlation,
    }
    row = connection.execute(statement, facts | constants).fetchone()
    return int(row[0]) if row else 0
