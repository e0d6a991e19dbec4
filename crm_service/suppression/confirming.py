"""Lifting blocks by newly confirmed consent: the person's own fresh evidence (rule 4)."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.outbox import service as outbox
from crm_service.outbox.events import SuppressionLifted
from crm_service.suppression import service
from crm_service.suppression.service import Block, Suppression
from crm_service.topics import service as topics
from crm_service.topics.service import Topic

#: What consent answers. A bounce is a fact about a mailbox, and an operator's block their own.
ANSWERED = frozenset({"unsubscribe", "objection", "complaint", "erasure", "import", "pause"})

SOURCE = "double_opt_in"

_LIFT = """
UPDATE suppressions SET lifted_at = %(now)s, lifted_by = 'recipient',
    lift_justification = 'confirmed double opt-in'
WHERE controller_id = %(controller_id)s AND id = ANY (%(ids)s) AND lifted_at IS NULL
RETURNING id
"""
_KEYS = """
SELECT a.address_key FROM addresses a
JOIN addresses named ON named.controller_id = a.controller_id
    AND named.subject_id = a.subject_id AND named.kind = a.kind
WHERE a.controller_id = %(controller_id)s AND named.address_key = %(key)s
"""
_EVERY_TOPIC = 10_000


def lift_for(
    connection: Connection,
    controller_id: uuid.UUID,
    address_key: uuid.UUID,
    *,
    topic_ids: Sequence[uuid.UUID],
    correlation: uuid.UUID,
) -> int:
    """Lift what blocks these topics on the address; return how many blocks were lifted.

    Where all marketing was left, the topics that were not confirmed stay left, one by one. Scope
    ``all`` stands. The caller holds the subject's lock.
    """
    if not topic_ids:
        return 0
    facts: dict[str, Any] = {"controller_id": controller_id, "key": address_key, "now": utcnow()}
    keys = [row[0] for row in connection.execute(_KEYS, facts).fetchall()]
    existing = topics.listing(connection, controller_id, limit=_EVERY_TOPIC, with_archived=False)
    wanted = {topic.slug for topic in existing if topic.id in topic_ids}
    standing = [
        one
        for one in service.active(connection, controller_id, *keys)
        if one.reason in ANSWERED
        and (one.scope == "marketing" or (one.scope == "topic" and one.topic in wanted))
    ]
    facts["ids"] = [one.id for one in standing]
    lifted = {row[0] for row in connection.execute(_LIFT, facts).fetchall()}
    told = [_told(one, facts["now"], correlation) for one in standing if one.id in lifted]
    outbox.record(connection, controller_id, told)
    _keep_left(connection, controller_id, address_key, standing, existing, topic_ids, correlation)
    return len(lifted)


def _keep_left(
    connection: Connection,
    controller_id: uuid.UUID,
    address_key: uuid.UUID,
    standing: Sequence[Suppression],
    existing: Sequence[Topic],
    topic_ids: Sequence[uuid.UUID],
    correlation: uuid.UUID,
) -> None:
    """Let every topic that was not confirmed stay left, where all marketing had been."""
    left = [one for one in standing if one.scope == "marketing" and one.reason != "pause"]
    others = [t for t in existing if t.category == "marketing" and t.id not in topic_ids]
    blocks = [
        Block(
            address_key=address_key,
            scope="topic",
            topic_id=topic.id,
            topic=topic.slug,
            reason="unsubscribe",
            source=SOURCE,
            suppressed_at=min(one.suppressed_at for one in left),
        )
        for topic in others
        if left
    ]
    service.suppress(connection, controller_id, blocks, correlation=correlation)


def _told(one: Suppression, now: Any, correlation: uuid.UUID) -> SuppressionLifted:
    return SuppressionLifted(
        subject_id=one.subject_id,
        occurred_at=now,
        correlation=correlation,
        suppression_id=one.id,
        address_key=one.address_key,
        scope=one.scope,
        topic=one.topic,
        reason=one.reason,
        source=SOURCE,
    )
