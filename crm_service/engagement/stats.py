"""Counting what became of campaigns and topics; never a key to a person (clauses ee-10, se-05).

What erased people did stays in the totals. Machines are counted apart (rule 30). In statistics of
topics nothing is told that fewer than five people did, and every number is rounded down to a
multiple of five: so neither a sum, nor a difference, nor asking again shows a small group.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.engagement import stats_repository
from crm_service.errors import NotFound
from crm_service.topics import service as topics

#: Gmail's lines for bulk senders: stay under the first, never reach the second.
GMAIL_WARNS_AT = 0.001
GMAIL_REFUSES_AT = 0.003

SMALLEST_GROUP = 5

_ENGAGING = ("opened", "clicked")


@dataclass(frozen=True)
class Count:
    """How many events of a type, and of how many people. ``bounce``: hard, soft or None."""

    type: str
    bounce: str | None
    machine: bool
    events: int
    people: int


def of_campaign(
    connection: Connection, controller_id: uuid.UUID, campaign: str, *, actor: str
) -> dict[str, Any]:
    """Return what became of a campaign's messages.

    Raises ``NotFound`` (``unknown_campaign``) where no event names it.
    """
    facts = {"controller_id": controller_id, "campaign": campaign}
    counts = [Count(*row) for row in connection.execute(stats_repository.OF_CAMPAIGN, facts)]
    if not counts:
        raise NotFound("no event names this campaign", code="unknown_campaign")
    _audit(connection, controller_id, actor, "engagement.campaign_stats", counts)
    found: dict[str, Any] = {"campaign": campaign}
    for kind in ("sent", "delivered", "deferred", "rejected", "failed"):
        found[kind] = _people(counts, kind)
    for kind in _ENGAGING:
        found[kind] = _engaged(counts, kind)
    for kind in ("complained", "unsubscribed"):
        found[kind] = _people(counts, kind)
    found["bounced"] = {"hard": _bounced(counts, "hard"), "soft": _bounced(counts, "soft")}
    found["rates"] = _rates(found)
    found["complaint_standing"] = standing(found["rates"]["complained"])
    return found


def standing(rate: float | None) -> str:
    """Return where a rate of complaints stands among Gmail's lines."""
    if rate is None:
        return "unknown"
    if rate >= GMAIL_REFUSES_AT:
        return "at_or_above_0.3_percent"
    return "at_or_above_0.1_percent" if rate >= GMAIL_WARNS_AT else "below_0.1_percent"


def _people(counts: Iterable[Count], kind: str) -> int:
    return sum(count.people for count in counts if count.type == kind)


def _bounced(counts: Iterable[Count], bounce: str) -> int:
    found = (count for count in counts if count.type == "bounced")
    return sum(count.people for count in found if (count.bounce or "soft") == bounce)


def _engaged(counts: Iterable[Count], kind: str) -> dict[str, dict[str, int]]:
    parts = {}
    for name, machine in (("human", False), ("machine", True)):
        own = [count for count in counts if (count.type, count.machine) == (kind, machine)]
        parts[name] = {
            "unique": sum(count.people for count in own),
            "total": sum(count.events for count in own),
        }
    return parts


def _rates(found: dict[str, Any]) -> dict[str, float | None]:
    """Return shares of what was delivered; of bounces, of what was sent."""
    bounced = found["bounced"]["hard"] + found["bounced"]["soft"]
    delivered = found["delivered"] or max(found["sent"] - bounced, 0)
    sent = found["sent"] or delivered + bounced
    return {
        "opened": _share(found["opened"]["human"]["unique"], delivered),
        "clicked": _share(found["clicked"]["human"]["unique"], delivered),
        "complained": _share(found["complained"], delivered),
        "unsubscribed": _share(found["unsubscribed"], delivered),
        "bounced": _share(bounced, sent),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def of_topic(
    connection: Connection,
    controller_id: uuid.UUID,
    slug: str,
    *,
    month: date | None,
    actor: str,
) -> dict[str, Any]:
    """Return how many people a topic reached, by what they did and by device (clause se-05).

    ``month``: the first day of a calendar month; None counts all there ever was. Numbers are
    rounded down to a multiple of five; None where that leaves nothing. Raises ``NotFound``
    (``unknown_topic``).
    """
    topics.get(connection, controller_id, slug)
    since, until = _bounds(month)
    facts = {"controller_id": controller_id, "topic": slug, "since": since, "until": until}
    counts = [Count(*row) for row in connection.execute(stats_repository.OF_TOPIC, facts)]
    rows = connection.execute(stats_repository.DEVICES_OF_TOPIC, facts).fetchall()
    devices: dict[str, int] = dict(rows)
    _audit(connection, controller_id, actor, "engagement.topic_stats", counts)
    people = {
        kind: coarse(sum(c.people for c in counts if c.type == kind and not c.machine))
        for kind in ("sent", "delivered", *_ENGAGING, "bounced", "complained", "unsubscribed")
    }
    return {
        "topic": slug,
        "month": month.strftime("%Y-%m") if month else None,
        "people": people,
        "devices": {name: coarse(devices.get(name, 0)) for name in ("mobile", "tablet", "desktop")},
    }


def coarse(people: int) -> int | None:
    """Return the number rounded down to a multiple of five; None where nothing is left."""
    return people - people % SMALLEST_GROUP or None


def _bounds(month: date | None) -> tuple[datetime | None, datetime | None]:
    if month is None:
        return None, None
    year, following = (month.year + 1, 1) if month.month == 12 else (month.year, month.month + 1)  # noqa: PLR2004 - December
    return (
        datetime(month.year, month.month, 1, tzinfo=UTC),
        datetime(year, following, 1, tzinfo=UTC),
    )


def _audit(
    connection: Connection, controller_id: uuid.UUID, actor: str, action: str, counts: list[Count]
) -> None:
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action=action,
        count=0,
        details={"groups": len(counts)},
    )
