"""What a click does: leave a topic or all marketing, and take that back (rules 10 to 16)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm_service.clock import utcnow
from crm_service.db import pipeline
from crm_service.pages.branding import Brand, brand
from crm_service.permissions.evidence import BASES
from crm_service.permissions.targets import inheriting
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.subjects.service import LOCK_BY_ADDRESS_KEY
from crm_service.unsubscribe import page_repository, repository, undo_repository
from crm_service.unsubscribe.masking import masked
from crm_service.unsubscribe.tokens import KINDS, Link

#: The active policy of each controller as last seen; the statement checks that it still is.
_seen: dict[uuid.UUID, Policy] = {}

#: Attempts may find a newer policy, an address never seen, or one that was just given to somebody
#: else; one must succeed.
_ATTEMPTS = 5


class SenderLeft(Exception):
    """The controller left this service: nothing is sent for it, and nothing of it is kept."""


@dataclass(frozen=True)
class Outcome:
    """What was left. ``changed`` is False for a repeat; only a change has a ``correlation``."""

    scope: str
    topic_slug: str | None
    correlation: uuid.UUID | None
    changed: bool


@dataclass(frozen=True)
class LinkView:
    """What a page may show about a link; ``topic_*`` None means all marketing.

    ``already``: what the link is for was left, on its own or with everything (``left_everything``).
    """

    brand: Brand
    topic_slug: str | None
    topic_name: Mapping[str, str] | None
    masked_address: str | None
    language: str | None
    already: bool
    left_everything: bool = False
    is_instant: bool = False


def unsubscribe(
    controller_id: uuid.UUID,
    link: Link,
    *,
    everything: bool = False,
    source: str = "page",
    recorded_by: str = "recipient",
) -> Outcome:
    """Leave the link's topic, or all marketing, at once; durable when this returns.

    Suppression, ledger, events and audit are one statement in one transaction behind the subject's
    lock. A repeat changes nothing. Works for addresses without contact, and for deleted topics,
    whose links mean all marketing (rule 7). Raises ``SenderLeft``, and ``psycopg.Error`` if the
    write failed.
    """
    correlation = uuid.uuid4()
    facts = _facts(controller_id, link, everything=everything) | {
        "correlation": correlation,
        "source": source,
        "recorded_by": recorded_by,
        "occurred_at": utcnow(),
    }
    for _ in range(_ATTEMPTS):
        policy = _seen.get(controller_id) or _reload(controller_id)
        is_current, subject_id, topic, changed = _leave(controller_id, facts, policy)
        if is_current and subject_id is not None:
            scope = "marketing" if topic is None else "topic"
            return Outcome(scope, topic, correlation if changed else None, changed)
        if not is_current:
            _reload(controller_id)
        else:
            _create_address(controller_id, link)
    raise RuntimeError("policy and address kept changing")  # pragma: no cover - see _ATTEMPTS


def _facts(controller_id: uuid.UUID, link: Link, *, everything: bool) -> dict[str, Any]:
    return {
        "controller_id": controller_id,
        "address_key": link.address_key,
        "channel": link.channel,
        "topic_ref": 0 if everything else link.topic_ref,
        "campaign_ref": link.campaign_ref,
        "bases": list(BASES),
        "is_locked": False,
    }


def _leave(controller_id: uuid.UUID, facts: dict[str, Any], policy: Policy) -> Any:
    ruling = {
        "policy_version": policy.version,
        "inheriting": inheriting(policy),
        "marketing": [p.slug for p in policy.purposes.values() if p.category == "marketing"],
    }
    with pipeline(controller_id) as connection:
        LOCK_BY_ADDRESS_KEY.execute(connection, facts)
        cursor = repository.UNSUBSCRIBE.execute(connection, facts | ruling)
    return cursor.fetchone()


def _reload(controller_id: uuid.UUID) -> Policy:
    _seen.pop(controller_id, None)
    with pipeline(controller_id) as connection:
        if connection.execute(repository.IS_OPEN, (controller_id,)).fetchone() is None:
            raise SenderLeft
        _seen[controller_id] = policies.active(connection, controller_id)
    return _seen[controller_id]


def _policy(controller_id: uuid.UUID, version: int) -> Policy:
    policy = _seen.get(controller_id)
    return policy if policy and policy.version == version else _reload(controller_id)


def _create_address(controller_id: uuid.UUID, link: Link) -> None:
    facts = {
        "controller_id": controller_id,
        "address_key": link.address_key,
        "kind": KINDS[link.channel],
    }
    with pipeline(controller_id) as connection:
        connection.execute(repository.CREATE_ADDRESS, facts)


def undo(controller_id: uuid.UUID, link: Link, *, correlation: uuid.UUID) -> bool:
    """Take back the click with this correlation; say whether anything was restored (rule 14).

    The caller has checked that the person holds the page of this very click, and that it is no
    older than 30 minutes. Never over a complaint, a bounce, an erasure or another objection.
    """
    facts = {
        "controller_id": controller_id,
        "address_key": link.address_key,
        "channel": link.channel,
        "correlation": correlation,
        "undo_correlation": uuid.uuid4(),
        "now": utcnow(),
    }
    with pipeline(controller_id) as connection:
        LOCK_BY_ADDRESS_KEY.execute(connection, facts)
        cursor = connection.execute(undo_repository.UNDO, facts)
    row = cursor.fetchone()
    return bool(row and row[0])


def describe(controller_id: uuid.UUID, link: Link) -> LinkView:
    """Return what the page may say about a link. Writes nothing but that it was read.

    Raises ``SenderLeft``.
    """
    facts = _facts(controller_id, link, everything=False)
    with pipeline(controller_id) as connection:
        cursor = connection.execute(page_repository.DESCRIBE, facts)
    row = cursor.fetchone()
    if row is None:
        raise SenderLeft
    slug, topic_name, email, phone, language, already, everything, version = row
    policy = _policy(controller_id, version)
    return LinkView(
        brand=brand(policy, controller_id),
        topic_slug=slug,
        topic_name=topic_name,
        masked_address=masked(email if KINDS[link.channel] == "email" else phone),
        language=language,
        already=already,
        left_everything=everything,
        is_instant=policy.link_mode == "instant",
    )
