"""Which records a rule is about and when its term is over for each, as SQL over a record ``r``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm_service.policies.retention import RetentionRule, RetentionRules
from crm_service.retention import moments

#: An interaction without a time of its own (the policy took it away) counts from its recording.
_OCCURRED = "coalesce(r.occurred_at, r.recorded_at)"
_MOMENTS = {
    "occurred": _OCCURRED,
    "last_interaction": f"greatest(last.at, {_OCCURRED})",
    # A contract's last day belongs to it.
    "contract_end": "((r.ended_on + 1)::timestamp AT TIME ZONE %(timezone)s)",
}


@dataclass(frozen=True)
class Said:
    """What one rule says of a record: SQL, with the parameters it needs.

    ``since`` and ``ended_at`` are NULL where it is kept without an end, or has not begun to count.
    """

    rule: RetentionRule
    matches: str
    since: str
    ended_at: str
    facts: dict[str, Any]

    @property
    def needs_last(self) -> bool:
        """Whether the last interaction has to be joined."""
        return self.rule.counted_from == "last_interaction"


def said(rules: RetentionRules, rule: RetentionRule, prefix: str = "rule") -> Said:
    """Return what a rule says; ``prefix`` keeps the parameters of several rules apart."""
    facts: dict[str, Any] = {f"{prefix}_name": rule.name, f"{prefix}_category": rule.category}
    matches = f"r.category = %({prefix}_category)s"
    if rule.purpose is not None:
        facts[f"{prefix}_purpose"] = rule.purpose
        matches += f" AND r.purpose = %({prefix}_purpose)s"
    elif others := _more_special(rules, rule):
        facts[f"{prefix}_others"] = others
        matches += f" AND r.purpose <> ALL (%({prefix}_others)s::text[])"
    if rule.term is None or rule.counted_from is None:
        return Said(rule, matches, "NULL::timestamptz", "NULL::timestamptz", facts)
    facts[f"{prefix}_term"] = rule.term.interval
    since = _MOMENTS[rule.counted_from]
    return Said(rule, matches, since, moments.end(since, f"%({prefix}_term)s"), facts)


def _more_special(rules: RetentionRules, rule: RetentionRule) -> list[str]:
    return [
        other.purpose
        for other in rules.of(rule.category)
        if other.purpose is not None and other.ends == rule.ends
    ]


def ending(rules: RetentionRules, rule: RetentionRule) -> list[RetentionRule]:
    """Return the rules by which records of the same category go altogether one day."""
    return [other for other in rules.of(rule.category) if other.ends and other.term is not None]


def kept_by(all_said: Sequence[Said]) -> str:
    """Return the SQL of the rule that keeps a record ``r`` now; NULL where none does."""
    cases = [
        f"WHEN {one.matches} AND ({one.ended_at} > %(now)s::timestamptz"
        f" OR {one.ended_at} IS NULL) THEN 'kept_by:' || {_named(one)}"
        for one in all_said
    ]
    return f"CASE {' '.join(cases)} END"


def _named(one: Said) -> str:
    [name] = [key for key in one.facts if key.endswith("_name")]
    return f"%({name})s"
