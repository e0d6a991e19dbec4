"""Refusals outlive the person's row: before erasure they become suppressions (rules 4, 5 and 16).

What a person withdrew or objected to stands in the permissions, which end with erasure; registered
again with a legitimate interest, the person would be written to again. A refusal made by a click
has its suppression already, and nothing is added then.
"""

import uuid
from collections.abc import Iterator, Sequence

from crm_service.db import Connection
from crm_service.permissions import refusals
from crm_service.permissions.refusals import Refusal
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.subjects import service as subjects
from crm_service.suppression import service as suppression
from crm_service.suppression.service import Block, Suppression
from crm_service.topics import service as topics
from crm_service.topics.service import Topic

SOURCE = "erasure"
_REASONS = {"withdrawn": "unsubscribe", "objected": "objection"}

#: Suppressions that say what a refusal says. Others may be lifted for reasons that are not its.
_OF_THE_PERSON = frozenset({"unsubscribe", "objection", "complaint", "erasure"})
_EVERY_TOPIC = 10_000


def keep(connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]) -> int:
    """Suppress what these subjects refuse and nothing suppresses yet; return how many new blocks.

    Called before the permissions are erased, under the locks of the subjects.
    """
    standing = refusals.standing(connection, controller_id, subject_ids)
    if not standing:
        return 0
    keys = {one.address_key for one in standing}
    # A number shared with somebody else belongs to that subject.
    owners = subjects.owners(connection, controller_id, keys)
    subjects.lock(connection, sorted(owners - {*subject_ids}))
    policy = policies.active(connection, controller_id)
    existing = topics.listing(connection, controller_id, limit=_EVERY_TOPIC, with_archived=True)
    marketing = {topic.id for topic in existing if topic.category == "marketing"}
    stands: dict[uuid.UUID, list[Suppression]] = {}
    for one in suppression.active(connection, controller_id, *keys):
        stands.setdefault(one.address_key, []).append(one)
    blocks = [
        block
        for refusal in standing
        for block in _blocks(refusal, policy, existing)
        if not any(
            _covers(one, block, is_marketing=block.topic_id in marketing)
            for one in stands.get(refusal.address_key, ())
        )
    ]
    return suppression.suppress(connection, controller_id, blocks)


def _blocks(refusal: Refusal, policy: Policy, existing: Sequence[Topic]) -> Iterator[Block]:
    """Yield what blocks the refused target: marketing, or the topics of a service purpose."""
    if refusal.topic_id is not None:
        yield _block(refusal, "topic", refusal.topic_id, refusal.topic)
        return
    purpose = policy.purposes.get(refusal.purpose)
    if purpose is None or purpose.category == "marketing":
        yield _block(refusal, "marketing")
        return
    for topic in existing:
        if topic.purpose == refusal.purpose:
            yield _block(refusal, "topic", topic.id, topic.slug)


def _block(
    refusal: Refusal, scope: str, topic_id: uuid.UUID | None = None, topic: str | None = None
) -> Block:
    return Block(
        address_key=refusal.address_key,
        scope=scope,
        topic_id=topic_id,
        topic=topic,
        reason=_REASONS[refusal.state],
        source=SOURCE,
        suppressed_at=refusal.since,
    )


def _covers(one: Suppression, block: Block, *, is_marketing: bool) -> bool:
    same = (one.scope, one.topic) == (block.scope, block.topic)
    wider = one.scope == "all" or (one.scope == "marketing" and is_marketing)
    return one.reason in _OF_THE_PERSON and (same or wider)
