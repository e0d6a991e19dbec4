"""What the preference page knows, and what the mail's link alone may change: downward only.

Leaving is ``unsubscribe``'s. Here are pauses, how often, and the language; more messages ask for a
fresh proof (``joining``). Every change is an event and an audit entry in its transaction.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection, pipeline
from crm_service.errors import Invalid
from crm_service.outbox import service as outbox
from crm_service.outbox.recipient_events import PreferencesChanged
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.preferences import repository
from crm_service.subjects import service as subjects
from crm_service.suppression import service as suppression
from crm_service.suppression.service import PAUSE, Block
from crm_service.unsubscribe.tokens import KINDS, Link

#: From most to fewest messages.
FREQUENCIES: Final = ("all", "weekly", "monthly")
PAUSES: Final = (30, 90)
SOURCE: Final = "preferences"
_BY_PHONE: Final = frozenset({"sms", "phone"})


@dataclass(frozen=True)
class Topic:
    """One topic on the page. ``left`` and ``offered`` name kinds of addresses: email, phone."""

    id: uuid.UUID
    slug: str
    name: Mapping[str, str]
    description: Mapping[str, str]
    link_ref: int
    left: frozenset[str]
    offered: frozenset[str]
    paused_until: datetime | None
    may_join: bool


@dataclass(frozen=True)
class Standing:
    """What the page shows about one link."""

    topics: tuple[Topic, ...]
    phone_key: uuid.UUID | None
    is_known: bool
    frequency: str
    language: str | None
    paused_until: datetime | None

    def topic(self, slug: str) -> Topic | None:
        """Return the topic with this slug, if it is on the page."""
        return next((topic for topic in self.topics if topic.slug == slug), None)


@dataclass(frozen=True)
class Paused:
    """What was paused, until when, and the correlation by which that can be taken back."""

    topic: Topic | None
    until: datetime
    correlation: uuid.UUID | None


def look(controller_id: uuid.UUID, link: Link) -> Standing:
    """Return what holds for the link's address. Reads only."""
    facts = _facts(controller_id, link)
    with pipeline(controller_id) as connection:
        policy = policies.active(connection, controller_id)
        row = connection.execute(repository.PERSON, facts).fetchone()
        phone_key, is_known, frequency, language, paused_until = row or (None, False, *[None] * 3)
        keys = [link.address_key, *([phone_key] if phone_key else [])]
        kinds = [KINDS[link.channel], "phone"][: len(keys)]
        asked = facts | {"keys": keys, "kinds": kinds}
        rows = connection.execute(repository.TOPICS, asked).fetchall()
    topics = tuple(_topic(row, link, policy, has_phone=phone_key is not None) for row in rows)
    known = frequency or FREQUENCIES[0]
    return Standing(topics, phone_key, is_known, known, language, paused_until)


def _topic(row: Any, link: Link, policy: Policy, *, has_phone: bool) -> Topic:
    topic_id, slug, name, description, link_ref, purpose_slug, left, paused_until = row
    purpose = policy.purposes.get(purpose_slug)
    offered = {KINDS[link.channel]}
    if has_phone and purpose is not None and purpose.channels & _BY_PHONE:
        offered.add("phone")
    may_join = (
        link.channel == "email" and purpose is not None and purpose.allows("consent", "email")
    )
    return Topic(
        id=topic_id,
        slug=slug,
        name=name,
        description=description,
        link_ref=link_ref,
        left=frozenset(left),
        offered=frozenset(offered),
        paused_until=paused_until,
        may_join=may_join,
    )


def by_phone(link: Link, phone_key: uuid.UUID) -> Link:
    """Return the link by which the same person leaves calls and text messages."""
    return replace(link, channel="sms", address_key=phone_key)


def pause(controller_id: uuid.UUID, link: Link, *, topic: Topic | None, days: int) -> Paused:
    """Pause a topic, or all marketing; a longer pause that stands stays.

    Raises ``Invalid`` (``unknown_pause``).
    """
    if days not in PAUSES:
        raise Invalid("a pause lasts 30 or 90 days", code="unknown_pause")
    now, correlation = utcnow(), uuid.uuid4()
    block = Block(
        address_key=link.address_key,
        scope="topic" if topic else "marketing",
        topic_id=topic.id if topic else None,
        topic=topic.slug if topic else None,
        reason=PAUSE,
        source=SOURCE,
        ends_at=now + timedelta(days=days),
    )
    with pipeline(controller_id) as connection:
        kind = KINDS[link.channel]
        subject_id = subjects.lock_by_key(connection, controller_id, link.address_key, kind=kind)
        before = suppression.active(connection, controller_id, link.address_key)
        added = suppression.suppress(connection, controller_id, [block], correlation=correlation)
        until = suppression.same(connection, controller_id, block).ends_at
        _audit(connection, controller_id, "preferences.pause", subject_id)
    was_paused = any(one.reason == PAUSE and one.topic == block.topic for one in before)
    return Paused(topic, until or now, correlation if added and not was_paused else None)


def prefer(
    connection: Connection,
    controller_id: uuid.UUID,
    address_key: uuid.UUID,
    *,
    frequency: str,
    language: str | None,
) -> bool:
    """Store how often and in which language; say whether anything changed.

    In the caller's transaction, under the lock of the subject, which is taken here.
    """
    facts: dict[str, Any] = {
        "controller_id": controller_id,
        "address_key": address_key,
        "now": utcnow(),
    }
    subject_id = subjects.lock_by_key(connection, controller_id, address_key, kind="email")
    row = connection.execute(repository.PERSON, facts).fetchone()
    before = {"frequency": (row and row[2]) or FREQUENCIES[0], "language": row and row[3]}
    wanted = {"frequency": frequency, "language": language}
    changed = tuple(name for name, value in wanted.items() if value != before[name])
    if not changed:
        return False
    connection.execute(repository.STORE, facts | wanted | {"subject_id": subject_id})
    event = PreferencesChanged(
        subject_id=subject_id,
        occurred_at=facts["now"],
        address_key=address_key,
        fields=changed,
        frequency=frequency,
        language=language,
        source=SOURCE,
    )
    outbox.record(connection, controller_id, [event])
    _audit(connection, controller_id, "preferences.change", subject_id)
    return True


def stated(
    connection: Connection, controller_id: uuid.UUID, keys: Collection[uuid.UUID]
) -> dict[uuid.UUID, dict[str, str]]:
    """Return ``frequency``, and ``language`` where one was chosen, by address key.

    Of those who said anything only. Reads only, in one statement.
    """
    if not keys:
        return {}
    facts = {"controller_id": controller_id, "keys": list(keys)}
    found = connection.execute(repository.STATED, facts)
    return {
        key: {"frequency": frequency} | ({"language": language} if language else {})
        for key, frequency, language in found
    }


def is_more(frequency: str, than: str) -> bool:
    """Tell whether one frequency means more messages than another."""
    return FREQUENCIES.index(frequency) < FREQUENCIES.index(than)


def _facts(controller_id: uuid.UUID, link: Link) -> dict[str, Any]:
    return {
        "controller_id": controller_id,
        "address_key": link.address_key,
        "now": utcnow(),
    }


def _audit(
    connection: Connection, controller_id: uuid.UUID, action: str, subject_id: uuid.UUID
) -> None:
    audit.record(connection, controller_id, actor="recipient", action=action, subject_id=subject_id)
