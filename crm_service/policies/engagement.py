"""What a policy says about the events of messages: what they block, who hears, what is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_service.policies.terms import Term, parse_period

#: How far a block goes that an event sets; ``none`` sets no block.
SCOPES = ("all", "marketing", "none")

#: Everything that can become of a message: what ``engagement.recorded.v1`` may tell of.
PUBLISHABLE = (
    "queued",
    "sent",
    "rejected",
    "failed",
    "bounced",
    "deferred",
    "delivered",
    "autoresponded",
    "opened",
    "clicked",
    "complained",
    "unsubscribed",
    "subscribed",
    "unknown",
)

_PUBLISHED = frozenset(PUBLISHABLE) - {
    "queued",
    "sent",
    "deferred",
    "delivered",
    "autoresponded",
    "unknown",
}


_THIRTY_DAYS = Term(months=0, days=30)


@dataclass(frozen=True)
class SoftBounces:
    """``count`` soft bounces ``within`` a time set a block of this scope (rule 29)."""

    count: int = 5
    within: Term = _THIRTY_DAYS
    scope: str = "all"


@dataclass(frozen=True)
class EngagementRules:
    """What follows from events; the defaults are what most policies want.

    ``raw_term``: how long user agents and providers' own words are kept; None keeps none.
    """

    hard_bounce_scope: str = "all"
    complaint_scope: str = "marketing"
    soft_bounces: SoftBounces = field(default_factory=SoftBounces)
    publish: frozenset[str] = _PUBLISHED
    raw_term: Term | None = None


def parse_engagement(document: Mapping[str, Any]) -> EngagementRules:
    """Return what a checked document says about events."""
    stated = document.get("engagement", {})
    soft = stated.get("soft_bounces", {})
    default = SoftBounces()
    raw_term = stated.get("raw_term")
    return EngagementRules(
        hard_bounce_scope=stated.get("hard_bounce", {}).get("scope", "all"),
        complaint_scope=stated.get("complaint", {}).get("scope", "marketing"),
        soft_bounces=SoftBounces(
            count=soft.get("count", default.count),
            within=parse_period(soft["within"]) if "within" in soft else default.within,
            scope=soft.get("scope", default.scope),
        ),
        publish=frozenset(stated["publish"]) if "publish" in stated else _PUBLISHED,
        raw_term=parse_period(raw_term) if raw_term else None,
    )
