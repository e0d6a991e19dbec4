"""What a permission is for, and whether the policy lets a basis carry it."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from crm_service.db import Connection
from crm_service.errors import Invalid
from crm_service.permissions.evidence import BASES
from crm_service.policies.document import Policy, Purpose
from crm_service.policies.vocabulary import NO_MESSAGE
from crm_service.topics import service as topics


@dataclass(frozen=True)
class Target:
    """What a permission is for: one topic, or with ``topic_id`` None a whole purpose.

    An archived topic can be left for ever, and joined no longer (rule 7).
    """

    purpose: str
    topic_id: uuid.UUID | None = None
    topic: str | None = None
    is_archived: bool = False


def check_known(policy: Policy, target: Target) -> None:
    """Raise ``Invalid`` (``unknown_purpose``) unless there is such a target.

    All that a refusal has to name: what the policy would let carry it does not matter, and a topic
    may outlive its purpose (rule 17).
    """
    if target.topic_id is None and target.purpose not in policy.purposes:
        raise _refusal("unknown_purpose", "purpose", target.purpose, policy.purposes)


def usual_channel(policy: Policy, target: Target) -> str:
    """Return the channel that a statement means which names none: e-mail, where there are messages.

    A consent to publication or to recording calls (clauses ee-12, si-09) reaches nobody anywhere.
    """
    purpose = policy.purposes.get(target.purpose)
    return "email" if purpose is None or purpose.channels else NO_MESSAGE


def check_target(policy: Policy, target: Target, channel: str, basis: str) -> None:
    """Raise ``Invalid`` unless the policy lets ``basis`` carry ``target`` on ``channel``.

    Codes: ``archived_topic``, ``unknown_purpose``, ``channel_not_allowed``, ``unknown_basis``,
    ``basis_not_allowed``.
    """
    if target.is_archived:
        raise Invalid(
            f"the topic '{target.topic}' is archived: nobody can join it any more",
            code="archived_topic",
            errors={"topic": ["is archived"]},
        )
    purpose = policy.purposes.get(target.purpose)
    if purpose is None:
        raise _refusal("unknown_purpose", "purpose", target.purpose, policy.purposes)
    check_reach(purpose, channel)
    if basis not in BASES:
        raise _refusal("unknown_basis", "basis", basis, BASES)
    if not purpose.allows(basis, channel):
        raise _refusal("basis_not_allowed", "basis", basis, purpose.bases)


def check_reach(purpose: Purpose, channel: str) -> None:
    """Raise ``Invalid`` (``channel_not_allowed``) unless a purpose may reach people there."""
    if channel not in purpose.reach:
        raise _refusal("channel_not_allowed", "channel", channel, purpose.reach)


def _refusal(code: str, field: str, value: str, allowed: Collection[str]) -> Invalid:
    choices = ", ".join(sorted(allowed))
    return Invalid(
        f"{field} '{value[:64]}' cannot be used here; the policy allows: {choices}",
        code=code,
        errors={field: [f"must be one of: {choices}"]},
    )


def inheriting(policy: Policy) -> list[str]:
    """Return the "purpose basis" pairs whose purpose-wide permission a topic inherits (rule 23)."""
    return [
        f"{slug} {basis}"
        for slug, purpose in policy.purposes.items()
        for basis, rule in purpose.bases.items()
        if rule.inherits
    ]


def resolve(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    topic: str | None = None,
    purpose: str | None = None,
) -> Target:
    """Return the target that a request names: exactly one of a topic's slug and a purpose.

    Raises ``Invalid``: ``unknown_topic``, ``target_ambiguous``.
    """
    if (topic is None) == (purpose is None):
        raise Invalid(
            "name either a topic or a purpose",
            code="target_ambiguous",
            errors={"topic": ["give either topic or purpose, not both and not neither"]},
        )
    if purpose is not None:
        return Target(purpose)
    found = topics.named(connection, controller_id, str(topic))
    return Target(found.purpose, found.id, found.slug, found.archived_at is not None)
