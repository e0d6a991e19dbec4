"""What a policy says about how long data are kept, and what becomes of them then (rule 33).

Without a section ``retention`` nothing is said: data stay until the person is erased.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from crm_service.policies.terms import Term, parse_period
from crm_service.policies.vocabulary import ATTRIBUTE_CATEGORIES

#: Kept for ever because a law demands it, or without any limit.
PERMANENT, UNLIMITED = "permanent", "unlimited"

#: The person: what is erased altogether once nothing keeps it any more.
CONTACT = "contact"
ENGAGEMENT = "engagement"
CONTRACTS = "contracts"
#: Declared attributes, by the category that each is declared with.
ATTRIBUTES = tuple(f"attributes.{name}" for name in ATTRIBUTE_CATEGORIES)
#: What interactions belong to by their kind; a policy may name more under ``categories``.
INTERACTIONS = (
    "call_log",
    "conversations",
    "transactions",
    "inquiries",
    "case_notes",
    "recordings",
)
CATEGORIES = (CONTACT, *INTERACTIONS, ENGAGEMENT, CONTRACTS, *ATTRIBUTES)

#: What a period is counted from.
ANCHORS = ("added", "last_interaction", "occurred", "contract_end", "withdrawal")
_ANCHORS_OF = {
    CONTACT: ("added", "last_interaction", "withdrawal"),
    ENGAGEMENT: ("occurred", "last_interaction"),
    CONTRACTS: ("contract_end",),
    **dict.fromkeys(ATTRIBUTES, ("added", "last_interaction")),
}
_ANCHORS_OF_INTERACTIONS = ("occurred", "last_interaction")

#: What becomes of what has had its time.
ACTIONS = ("erase", "anonymize", "fields", "announce")
_ACTIONS_OF = {
    CONTACT: ("erase", "anonymize"),
    ENGAGEMENT: ("erase", "anonymize", "fields"),
    CONTRACTS: ("erase", "anonymize"),
    **dict.fromkeys(ATTRIBUTES, ("erase",)),
}

#: What can be taken away while the rest stays.
_FIELDS_OF = {ENGAGEMENT: ("client", "os", "device", "url")}
_FIELDS_OF_INTERACTIONS = ("number", "occurred_at", "note", "direction")
FIELDS = (*_FIELDS_OF_INTERACTIONS, *_FIELDS_OF[ENGAGEMENT])


def anchors_of(category: str) -> tuple[str, ...]:
    """Return what the term of a category may be counted from."""
    return _ANCHORS_OF.get(category, _ANCHORS_OF_INTERACTIONS)


def actions_of(category: str) -> tuple[str, ...]:
    """Return what may become of a category's data."""
    return _ACTIONS_OF.get(category, ACTIONS)


def fields_of(category: str) -> tuple[str, ...]:
    """Return what can be taken away of a category's data while the rest stays."""
    return _FIELDS_OF.get(category, _FIELDS_OF_INTERACTIONS)


@dataclass(frozen=True)
class RetentionRule:
    """How long one category is kept, and what happens then.

    ``keep`` is an ISO 8601 period counted from ``counted_from``, ``permanent`` by ``law``, or
    ``unlimited``. ``purpose`` narrows the rule to records of that purpose. ``fields`` are those
    that the action ``fields`` takes away. ``clause`` and ``why`` (by language) say where the rule
    comes from.
    """

    name: str
    category: str
    keep: str
    counted_from: str | None = None
    action: str = "erase"
    purpose: str | None = None
    fields: tuple[str, ...] = ()
    law: str | None = None
    clause: str | None = None
    why: Mapping[str, str] = field(default_factory=dict)

    @property
    def term(self) -> Term | None:
        """The period; None where it has no end."""
        return None if self.keep in {PERMANENT, UNLIMITED} else parse_period(self.keep)

    @property
    def ends(self) -> bool:
        """Whether the data as a whole go by this rule, or stay by it: not just fields of them."""
        return self.action != "fields"


@dataclass(frozen=True)
class RetentionRules:
    """Every rule in the order of the policy, and the categories of interactions it adds."""

    rules: tuple[RetentionRule, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def interactions(self) -> tuple[str, ...]:
        """Every category that an interaction may have and a rule may name."""
        return (*INTERACTIONS, *self.categories)

    @property
    def known(self) -> tuple[str, ...]:
        """Every category that a rule may name."""
        return (*CATEGORIES, *self.categories)

    @property
    def is_stated(self) -> bool:
        """Whether the policy says anything about retention."""
        return bool(self.rules or self.categories)

    def of(self, category: str) -> tuple[RetentionRule, ...]:
        """Return the rules of a category."""
        return tuple(rule for rule in self.rules if rule.category == category)

    def described(self) -> list[dict[str, Any]]:
        """Return every rule as JSON values, for answers to people and for the public page.

        What is kept permanently stands here with its law (clause si-20).
        """
        return [dict(_facts(rule)) for rule in self.rules]


def _facts(rule: RetentionRule) -> Iterator[tuple[str, Any]]:
    yield from (("rule", rule.name), ("category", rule.category), ("keep", rule.keep))
    stated = {
        "purpose": rule.purpose,
        "counted_from": rule.counted_from,
        "then": None if rule.term is None else rule.action,
        "fields": list(rule.fields) or None,
        "law": rule.law,
        "clause": rule.clause,
        "why": dict(rule.why) or None,
    }
    yield from ((name, value) for name, value in stated.items() if value is not None)


def parse_retention(stated: Mapping[str, Any] | None) -> RetentionRules:
    """Return what a checked document says about retention."""
    section = stated or {}
    return RetentionRules(
        rules=tuple(_rule(name, one) for name, one in section.get("rules", {}).items()),
        categories=tuple(section.get("categories", ())),
    )


def _rule(name: str, stated: Mapping[str, Any]) -> RetentionRule:
    return RetentionRule(
        name=name,
        category=stated["category"],
        keep=stated["keep"],
        counted_from=stated.get("from"),
        action=stated.get("then", "erase"),
        purpose=stated.get("purpose"),
        fields=tuple(stated.get("fields", ())),
        law=stated.get("law"),
        clause=stated.get("clause"),
        why=MappingProxyType(dict(stated.get("why", {}))),
    )
