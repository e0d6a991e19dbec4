"""The one answer to "may this message go to this address now?" (rules 19 to 24).

Always read from the primary in one transaction: after an unsubscribe was answered, no later verdict
says yes. What cannot be read is an error, never a yes.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg.rows import TupleRow

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.eligibility import repository
from crm_service.errors import Invalid
from crm_service.policies.document import Policy, Purpose

#: Which kind of address a channel uses. Every contact has an e-mail address: it stands for the
#: person on channels that have no address of their own to compare.
KIND_BY_CHANNEL = {
    "email": "email",
    "sms": "phone",
    "phone": "phone",
    "post": "email",
    "ads_facebook": "email",
    "ads_instagram": "email",
    "ads_google": "email",
}


@dataclass(frozen=True)
class Question:
    """What is asked about every address: one topic, one channel, now.

    Without ``topic_id`` it is a whole purpose (``about_purpose``).

    ``has_domains``: the controller blocks domains, so that addresses must be looked at, too.
    ``snapshot``: the transactions that had ended, as PostgreSQL writes a ``pg_snapshot``.
    """

    topic_id: uuid.UUID | None
    topic: str
    topic_ref: int
    controller_ref: int
    purpose: Purpose
    policy: Policy
    channel: str
    kind: str
    is_marketing: bool
    has_domains: bool
    now: datetime
    snapshot: str


def ask(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    *,
    topic: str,
    channel: str,
    kind: str | None = None,
) -> Question:
    """Return the question for a topic's slug and a channel.

    Raises ``Invalid``: ``unknown_topic`` (also for an archived one), ``unknown_channel``.
    """
    check_channel(channel)
    row = find_topic(connection, controller_id, topic)
    if row is None or not row[5]:
        raise Invalid(
            "there is no such topic; GET /v1/topics lists them",
            code="unknown_topic",
            errors={"topic": ["is not a topic of this controller"]},
        )
    return about(row, policy, channel=channel, kind=kind or KIND_BY_CHANNEL[channel], now=utcnow())


def find_topic(connection: Connection, controller_id: uuid.UUID, topic: str) -> TupleRow | None:
    """Return what a question needs to know of a topic, archived or not; None if there is none."""
    facts = {"controller_id": controller_id, "slug": topic}
    row = connection.execute(repository.TOPIC, facts).fetchone()
    return None if row is None or row[0] is None else row


def about(row: TupleRow, policy: Policy, *, channel: str, kind: str, now: datetime) -> Question:
    """Return the question about a topic that was found, at the moment ``now``."""
    topic_id, slug, category, purpose, topic_ref, _, controller_ref, has_domains, snapshot = row
    # A topic whose purpose the policy dropped has no basis left: nothing is eligible.
    stated = policy.purposes.get(purpose) or Purpose(purpose, category)
    return Question(
        topic_id=topic_id,
        topic=slug,
        topic_ref=topic_ref,
        controller_ref=controller_ref,
        purpose=stated,
        policy=policy,
        channel=channel,
        kind=kind,
        # What was left as marketing stays marketing, whatever a later policy calls the purpose.
        is_marketing="marketing" in {category, stated.category},
        has_domains=has_domains and kind == "email",
        now=now,
        snapshot=snapshot,
    )


def about_purpose(
    purpose: Purpose, policy: Policy, *, channel: str, kind: str, now: datetime
) -> Question:
    """Return the question about a whole purpose: what stands for none of its topics alone."""
    bases = {basis: replace(rule, inherits=True) for basis, rule in purpose.bases.items()}
    return Question(
        topic_id=None,
        topic="",
        topic_ref=0,
        controller_ref=0,
        # Every permission for the whole purpose counts for it, whatever its topics inherit.
        purpose=replace(purpose, bases=bases),
        policy=policy,
        channel=channel,
        kind=kind,
        is_marketing=purpose.category == "marketing",
        has_domains=False,
        now=now,
        snapshot="",
    )


def check_channel(channel: str) -> None:
    """Raise ``Invalid`` (``unknown_channel``) unless there is such a channel."""
    if channel not in KIND_BY_CHANNEL:
        choices = ", ".join(KIND_BY_CHANNEL)
        raise Invalid(
            f"unknown channel; it must be one of: {choices}",
            code="unknown_channel",
            errors={"channel": [f"must be one of: {choices}"]},
        )
