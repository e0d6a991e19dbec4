"""Records of people: interactions and contracts, each by the rule for its category."""

from collections.abc import Iterator

from crm_service.policies.retention import CONTRACTS, RetentionRule
from crm_service.retention import acting, holding, moments, rows
from crm_service.retention.rows import Said
from crm_service.retention.steps import (
    SIZE,
    Run,
    Step,
    by_contact,
    by_time,
    cutoff,
    is_at_once,
)

#: A note stays while its case is open; of a call no more than that (clause no-04).
_OPEN_CASE = "CASE WHEN k.closed_at IS NULL AND k.id IS NOT NULL THEN 'open_case' END"

_FIND_INTERACTIONS = """
SELECT r.id, r.subject_id, %(rule_name)s::text, {since}, {ended_at}, {why} AS why, r.at
FROM (SELECT *, occurred_at AS at FROM interactions) AS r
LEFT JOIN cases k ON k.id = r.case_id{last}
WHERE r.controller_id = %(controller_id)s AND {matches} AND {{selected}}
    AND {ended_at} <= %(now)s::timestamptz{more}
ORDER BY r.at, r.id LIMIT {limit}
"""

_FIND_CONTRACTS = """
SELECT r.id, r.subject_id, %(rule_name)s::text, {since}, {ended_at}, {held},
    NULL::timestamptz
FROM contacts c
JOIN contracts r ON r.controller_id = c.controller_id AND r.subject_id = c.id
WHERE c.controller_id = %(controller_id)s AND {matches} AND {{selected}}
    AND {ended_at} <= %(now)s::timestamptz
ORDER BY r.id
"""

_HELD = holding.records("r.subject_id")

_FOUND = "r.id = ANY (%(ids)s::uuid[]) AND r.subject_id = ANY (%(subjects)s::uuid[])"


def steps(run: Run) -> Iterator[Step]:
    """Yield a step for each rule that ends: what goes altogether first, then what loses fields."""
    rules = run.policy.retention
    about = [rule for rule in rules.rules if rule.category in rules.interactions]
    for rule in sorted(about, key=lambda one: not one.ends):
        if rule.term is not None:
            yield _interactions(run, rule)
    for rule in rules.of(CONTRACTS):
        if rule.term is not None:
            yield _contracts(run, rule)


def _interactions(run: Run, rule: RetentionRule) -> Step:
    said = rows.said(run.policy.retention, rule)
    facts = {**said.facts, "category": rule.category}
    more = ""
    if not rule.ends:
        more = _still_there(run, rule, facts)
    if rule.term is not None:
        facts["cutoff"] = cutoff(rule.term, run.now)
    return Step(
        table="interactions",
        category=rule.category,
        action=rule.action,
        find=_FIND_INTERACTIONS.format(
            since=said.since,
            ended_at=said.ended_at,
            why=_why(with_case=rule.ends),
            last=moments.LAST.format(subject="r.subject_id") if _needs_last(run, said) else "",
            matches=said.matches,
            more=more,
            limit=SIZE,
        ),
        only=_FOUND,
        ranges=by_time,
        act=acting.INTERACTIONS[rule.action],
        facts=facts,
        fields=rule.fields,
        at_once=is_at_once(rule),
    )


def _why(*, with_case: bool) -> str:
    case = _OPEN_CASE if with_case else "NULL"
    return f"nullif(concat_ws(',', {_HELD}, {case}), '')"


def _needs_last(run: Run, said: Said) -> bool:
    others = rows.ending(run.policy.retention, said.rule)
    return any(one.counted_from == "last_interaction" for one in (said.rule, *others))


def _still_there(run: Run, rule: RetentionRule, facts: dict[str, object]) -> str:
    """Return the condition that a field is there to lose, and its record does not go as a whole."""
    filled = " OR ".join(f"r.{name} IS NOT NULL" for name in rule.fields)
    condition = f"\n    AND ({filled})"
    for number, whole in enumerate(rows.ending(run.policy.retention, rule)):
        said = rows.said(run.policy.retention, whole, f"whole_{number}")
        facts.update(said.facts)
        goes = f"{said.matches} AND {said.ended_at} <= %(now)s::timestamptz"
        condition += f"\n    AND NOT ({goes} AND {_why(with_case=True)} IS NULL)"
    return condition


def _contracts(run: Run, rule: RetentionRule) -> Step:
    said = rows.said(run.policy.retention, rule)
    return Step(
        table="contracts",
        category=rule.category,
        action=rule.action,
        find=_FIND_CONTRACTS.format(
            held=_HELD, since=said.since, ended_at=said.ended_at, matches=said.matches
        ),
        only=f"{_FOUND} AND c.id = ANY (%(subjects)s::uuid[])",
        ranges=by_contact,
        act=acting.CONTRACTS[rule.action],
        facts={**said.facts, "category": rule.category},
    )
