"""Judging what a policy says about how long data are kept."""

from collections.abc import Callable, Iterator
from itertools import combinations

from crm_service.policies.document import Policy
from crm_service.policies.findings import ERROR, WARNING, Finding, one_of
from crm_service.policies.retention import (
    ATTRIBUTES,
    CONTACT,
    CONTRACTS,
    ENGAGEMENT,
    PERMANENT,
    RetentionRule,
    actions_of,
    anchors_of,
    fields_of,
)
from crm_service.policies.rights_rules import judge_texts
from crm_service.policies.terms import Term, parse_period

_WITHOUT_PURPOSE = frozenset({CONTACT, ENGAGEMENT, CONTRACTS, *ATTRIBUTES})

Said = Iterator[tuple[str, str]]


def retention(policy: Policy) -> Iterator[Finding]:
    """Refuse rules that name what there is not, or say what cannot be done."""
    for rule in policy.retention.rules:
        path = f"retention.rules.{rule.name}"
        if rule.category not in policy.retention.known:
            message = one_of(rule.category, policy.retention.known)
            yield Finding(ERROR, f"{path}.category", message)
            continue
        for judge in _JUDGES:
            for place, message in judge(policy, rule):
                yield Finding(ERROR, f"{path}.{place}" if place else path, message)
        if rule.why:
            yield from judge_texts(policy, f"{path}.why", rule.why)


def _period(_policy: Policy, rule: RetentionRule) -> Said:
    if rule.term is None:
        if rule.counted_from is not None:
            yield "from", f"has no meaning: {rule.keep} is counted from nothing"
        if rule.action != "erase":
            yield "then", f"has no meaning: what is {rule.keep} stays"
    elif rule.counted_from is None:
        allowed = ", ".join(anchors_of(rule.category))
        yield "from", f"must say what {rule.keep} is counted from: {allowed}"
    elif rule.counted_from not in anchors_of(rule.category):
        yield "from", one_of(rule.counted_from, anchors_of(rule.category))


def _law(_policy: Policy, rule: RetentionRule) -> Said:
    if rule.keep == PERMANENT and rule.law is None:
        yield "law", "must be named: nothing is kept permanently unless a law demands it"


def _action(_policy: Policy, rule: RetentionRule) -> Said:
    if rule.action not in actions_of(rule.category):
        yield "then", one_of(rule.action, actions_of(rule.category))
    elif rule.action == "fields" and not rule.fields:
        allowed = ", ".join(fields_of(rule.category))
        yield "fields", f"must name what is taken away: {allowed}"
    elif rule.action != "fields" and rule.fields:
        yield "fields", "has a meaning for then: fields only"
    else:
        for name in rule.fields:
            if name not in fields_of(rule.category):
                yield "fields", one_of(name, fields_of(rule.category))


def _purpose(policy: Policy, rule: RetentionRule) -> Said:
    if rule.purpose is None:
        return
    if rule.category in _WITHOUT_PURPOSE:
        yield "purpose", "has a meaning for the categories of interactions only"
    elif rule.purpose not in policy.purposes:
        yield "purpose", one_of(rule.purpose, policy.purposes)


_JUDGES: tuple[Callable[[Policy, RetentionRule], Said], ...] = (_period, _law, _action, _purpose)


def retention_conflicts(policy: Policy) -> Iterator[Finding]:
    """Refuse two answers to one question: a category goes by one rule for each of its purposes.

    A contact may have several rules, each counted from something else: the last one keeps it.
    """
    for one, other in combinations(policy.retention.rules, 2):
        same = (one.category, one.purpose) == (other.category, other.purpose)
        if one.category == CONTACT:
            same = same and one.counted_from == other.counted_from
        if same and one.ends and other.ends:
            path = f"retention.rules.{other.name}"
            yield Finding(ERROR, path, f"contradicts {one.name}, which is about the same data")


def retention_of_strangers(policy: Policy) -> Iterator[Finding]:
    """Refuse a policy by which whoever never had to do with the controller goes at once."""
    counted = {rule.counted_from for rule in policy.retention.of(CONTACT)}
    if counted == {"last_interaction"}:
        yield Finding(
            ERROR,
            "retention.rules",
            "contacts are kept after their last interaction alone: who had none would be erased at "
            "once; add a rule for category contact that counts from added",
        )


def retention_and_terms(policy: Policy) -> Iterator[Finding]:
    """Warn where contacts go while marketing to them is still permitted (clause ee-05)."""
    rules = policy.retention.of(CONTACT)
    kept = [rule.term for rule in rules if rule.counted_from == "added"]
    if len(kept) != len(rules) or not kept or kept[0] is None:
        return
    for purpose in policy.purposes.values():
        for basis, stated in purpose.bases.items():
            is_longer = stated.term and _days(parse_period(stated.term)) > _days(kept[0])
            if stated.term_from == "added_at" and is_longer:
                path = f"purposes.{purpose.slug}.bases.{basis}.term"
                message = f"is longer than contacts are kept: retention.rules.{rules[0].name}"
                yield Finding(WARNING, path, message)


def _days(term: Term) -> float:
    return term.months * 30.4 + term.days
