"""What a policy says about holds: how long after a dispute, and which laws demand keeping.

Clauses si-05 and no-12. Without a section ``holds`` a dispute holds until it is lifted, and a law
is named with each hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

#: How a dispute ends. A settlement in court is one thing, an amicable one without court another.
OUTCOMES = ("judgment", "arbitration", "court_settlement", "amicable_settlement")


@dataclass(frozen=True)
class Law:
    """A law that demands keeping: its name by language, and who is handed what it covers."""

    name: Mapping[str, str]
    hand_over_to: str | None = None


@dataclass(frozen=True)
class HoldRules:
    """``terms``: by outcome of a dispute, the ISO 8601 period for which it holds afterwards."""

    terms: Mapping[str, str] = field(default_factory=dict)
    laws: Mapping[str, Law] = field(default_factory=dict)


def parse_holds(stated: Mapping[str, Any] | None) -> HoldRules:
    """Return what a policy's ``holds`` says; a policy may leave it out."""
    said = stated or {}
    return HoldRules(
        terms=MappingProxyType(dict(said.get("dispute", {}))),
        laws=MappingProxyType(
            {
                slug: Law(MappingProxyType(dict(law["name"])), law.get("hand_over_to"))
                for slug, law in said.get("laws", {}).items()
            }
        ),
    )
