"""The one answer to "may this message go to this address now?" (rules 19 to 24).

Always read from the primary in one transaction: after an unsubscribe was answered, no later verdict
says yes. What cannot be read is an error, never a yes.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.eligibility import repository
from crm_service.eligibility.verdicts import Verdicts
from crm_service.errors import Invalid
from crm_service.permissions.evidence import BASES
from crm_service.policies.document import Policy, Purpose
from crm_service.policies.terms import parse_period

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
_SHORTEST_MONTH = 28
_MARGIN = 2


@dataclass(frozen=True)
class Question:
    """What is asked about every address: one topic, one channel, now."""

    topic_id: uuid.UUID
    topic: str
    topic_ref: int
    controller_ref: int
    purpose: Purpose
    policy: Policy
    channel: str
    kind: str
    now: datetime


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
    if channel not in KIND_BY_CHANNEL:
        choices = ", ".join(KIND_BY_CHANNEL)
        raise Invalid(
            f"unknown channel; it must be one of: {choices}",
            code="unknown_channel",
            errors={"channel": [f"must be one of: {choices}"]},
        )
    row = connection.execute(
        repository.TOPIC, {"controller_id": controller_id, "slug": topic}
    ).fetchone()
    if row is None or row[0] is None or not row[5]:
        raise Invalid(
            "there is no such topic; GET /v1/topics lists them",
            code="unknown_topic",
            errors={"topic": ["is not a topic of this controller"]},
        )
    topic_id, slug, category, purpose, topic_ref, _, controller_ref = row
    return Question(
        topic_id=topic_id,
        topic=slug,
        topic_ref=topic_ref,
        controller_ref=controller_ref,
        # A topic whose purpose the policy dropped has no basis left: nothing is eligible.
        purpose=policy.purposes.get(purpose) or Purpose(purpose, category),
        policy=policy,
        channel=channel,
        kind=kind or KIND_BY_CHANNEL[channel],
        now=utcnow(),
    )


def judge(
    connection: Connection, controller_id: uuid.UUID, question: Question, keys: Sequence[bytes]
) -> Verdicts:
    """Return the verdicts on address keys of 16 raw bytes.

    Two look-ups each in one flush; a second flush only for addresses that refused something or of
    which the first said nothing.
    """
    facts = _facts(controller_id, question, keys)
    permissions = repository.PERMISSIONS.execute(connection, facts, binary=True)
    suppressions = repository.SUPPRESSIONS.execute(connection, facts, binary=True)
    restrictions = repository.RESTRICTIONS.execute(connection, facts, binary=True)
    verdicts = Verdicts(facts["bases"])
    for state, holds, rank, found in permissions.fetchall():
        verdicts.state(state, holds=holds, rank=rank, keys=found)
    silent = [key for key in keys if verdicts.is_silent(key)]
    _ask_further(connection, facts, silent, verdicts)
    for scope, reason, found in suppressions.fetchall():
        verdicts.block(scope, reason, found)
    for (found,) in restrictions.fetchall():
        verdicts.restrict(found or b"")
    return verdicts


def _ask_further(
    connection: Connection, facts: dict[str, Any], silent: Sequence[bytes], verdicts: Verdicts
) -> None:
    """Compare refusals with later consent, and tell known addresses from unknown ones."""
    refusals = known = None
    if verdicts.refused:
        about = facts | {"keys": array(list(verdicts.refused))}
        refusals = repository.AFTER_REFUSALS.execute(connection, about, binary=True)
    if silent:
        about = facts | {"keys": array(silent)}
        known = repository.KNOWN.execute(connection, about, binary=True)
    for verdict, rank, found in refusals.fetchall() if refusals else ():
        verdicts.settle(verdict, rank, found)
    for (found,) in known.fetchall() if known else ():
        verdicts.know(found or b"")


def _facts(controller_id: uuid.UUID, question: Question, keys: Sequence[bytes]) -> dict[str, Any]:
    purpose = question.purpose
    bases = [basis for basis in BASES if purpose.allows(basis, question.channel)]
    rules = [purpose.bases[basis] for basis in bases]
    terms = [parse_period(rule.term) if rule.term else None for rule in rules]
    days = [term.months * _SHORTEST_MONTH + term.days - _MARGIN if term else 0 for term in terms]
    return {
        "controller_id": controller_id,
        "keys": array(keys),
        "channel": question.channel,
        "purpose": purpose.slug,
        "topic_id": question.topic_id,
        "is_marketing": purpose.category == "marketing",
        "timezone": question.policy.timezone,
        "now": question.now,
        "bases": bases,
        "terms": [term.interval if term else None for term in terms],
        "safe": [question.now - timedelta(days=shortest) for shortest in days],
        "from_since": [rule.term_from == "since" for rule in rules],
        "inherits": [rule.inherits for rule in rules],
    }


def array(keys: Sequence[bytes]) -> str:
    """Return keys as PostgreSQL's text of a ``uuid[]``, sorted: the index is walked in order."""
    return "{" + ",".join(sorted(key.hex() for key in keys)) + "}"
