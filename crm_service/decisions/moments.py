"""Proving what was permitted at a moment, whether or not a check was made (rule 19, clause ws-06).

Answered as a check of that moment would have been: under the policy in force then, over what had
been recorded by then. What was recorded later about that moment (a letter that lay a week, a
consent imported afterwards) is told apart.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_service.clock import spelled, utcnow
from crm_service.db import Connection
from crm_service.decisions.asked import Sought, address
from crm_service.decisions.findings import OfMoment
from crm_service.decisions.gathering import gather, verdict
from crm_service.decisions.views import AsRecorded
from crm_service.eligibility import service as eligibility
from crm_service.eligibility.service import KIND_BY_CHANNEL, Question
from crm_service.errors import Conflict, Invalid
from crm_service.permissions import targets
from crm_service.permissions.targets import Target
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.policies.service import Activation
from crm_service.policies.vocabulary import NO_MESSAGE
from crm_service.topics import service as topics
from crm_service.topics.service import Topic

_AUDIENCES = "ads_"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked: at which moment, for which topic or whole purpose, on which channel.

    ``named``: the one of email, phone and contact_id that was given, with its value.
    """

    at: datetime
    named: dict[str, Any]
    purpose: str | None = None
    topic: str | None = None
    channel: str | None = None


def prove(
    connection: Connection, controller_id: uuid.UUID, asked: Asked, *, pepper: bytes
) -> OfMoment:
    """Reach the verdict on an address as of a moment, and return what it rests on.

    Raises ``Invalid``: ``moment_in_future``, ``before_register``, ``unknown_topic``,
    ``topic_of_other_purpose``, ``unknown_purpose``, ``channel_not_allowed``,
    ``wrong_address_kind``; ``Conflict`` (``no_policy``) and ``NotFound`` (``contact_not_found``).
    """
    now = utcnow()
    _refuse_future(asked.at, now)
    activation, replaced_at = _in_force(connection, controller_id, asked.at)
    policy = policies.at_version(connection, controller_id, activation.version)
    topic = _topic(connection, controller_id, asked)
    question = _question(connection, controller_id, policy, asked, topic)
    view = AsRecorded(asked.at)
    found = OfMoment(
        address=address(
            connection,
            controller_id,
            Sought(question.kind, question.channel, view),
            asked.named,
            pepper,
        ),
        question=question,
        view=view,
        proof_id=uuid.uuid4(),
        proved_at=now,
        activation=activation,
        replaced_at=replaced_at,
        topic_gone=topic is not None and _is_gone(topic, asked.at),
    )
    gather(connection, controller_id, found)
    _judge(connection, controller_id, found)
    return found


def _judge(connection: Connection, controller_id: uuid.UUID, found: OfMoment) -> None:
    at, view = found.question.now, found.view
    known, stood = found.known(), found.standing()
    found.verdict = verdict(connection, controller_id, found, view, known, stood, recorded_by=at)
    if found.is_recorded_otherwise:
        entries = [entry for entry in found.entries if entry.counts]
        blocks = [block for block in found.blocks if block.counts(at)]
        found.verdict_by_facts = verdict(
            connection, controller_id, found, view, entries, blocks, recorded_by=at
        )


def _refuse_future(at: datetime, now: datetime) -> None:
    if at > now:
        raise Invalid(
            "what will be permitted is not known yet; ask about a moment that is past",
            code="moment_in_future",
            errors={"at": ["must not lie in the future"]},
        )


def _in_force(
    connection: Connection, controller_id: uuid.UUID, at: datetime
) -> tuple[Activation, datetime | None]:
    """Return the version of the policy in force at a moment, and when the next one replaced it."""
    activations = policies.history(connection, controller_id)
    if not activations:
        raise Conflict("this controller has no policy: activate one first", code="no_policy")
    replaced_at = None
    for activation in activations:
        if activation.activated_at <= at:
            return activation, replaced_at
        replaced_at = activation.activated_at
    raise Invalid(
        "nothing was decided here before the first policy was activated, and nothing is proved "
        "of that time; GET /v1/contacts/{id}/permissions?at= tells what is known of it",
        code="before_register",
        errors={"at": [f"must not lie before {spelled(activations[-1].activated_at)}"]},
    )


def _topic(connection: Connection, controller_id: uuid.UUID, asked: Asked) -> Topic | None:
    if asked.topic is None:
        return None
    topic = topics.find(connection, controller_id, asked.topic)
    if topic is None:
        raise Invalid(
            "there is no such topic; GET /v1/topics lists them",
            code="unknown_topic",
            errors={"topic": ["is not a topic of this controller"]},
        )
    if asked.purpose not in {None, topic.purpose}:
        raise Invalid(
            f"the topic '{topic.slug}' is of the purpose '{topic.purpose}'; leave purpose out",
            code="topic_of_other_purpose",
            errors={"purpose": [f"must be {topic.purpose}, or be left out"]},
        )
    return topic


def _is_gone(topic: Topic, at: datetime) -> bool:
    """Tell whether a check would have been refused: the topic was not there yet, or no longer."""
    return topic.created_at > at or (topic.archived_at is not None and topic.archived_at <= at)


def _question(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    asked: Asked,
    topic: Topic | None,
) -> Question:
    target = Target(str(asked.purpose)) if topic is None else Target(topic.purpose, topic.id)
    targets.check_known(policy, target)
    channel = asked.channel or targets.usual_channel(policy, target)
    kind = _kind(channel, asked.named)
    row = eligibility.find_topic(connection, controller_id, topic.slug) if topic else None
    if row is not None:
        return eligibility.about(row, policy, channel=channel, kind=kind, now=asked.at)
    purpose = policy.purposes[target.purpose]
    targets.check_reach(purpose, channel)
    return eligibility.about_purpose(purpose, policy, channel=channel, kind=kind, now=asked.at)


def _kind(channel: str, named: dict[str, Any]) -> str:
    """Return the kind of address that a channel is keyed by; ad platforms take either."""
    if channel.startswith(_AUDIENCES) and "phone" in named:
        return "phone"
    return "email" if channel == NO_MESSAGE else KIND_BY_CHANNEL[channel]
