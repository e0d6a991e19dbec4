"""The person: erased altogether once no rule for it, none of its records and no hold keeps it."""

from collections.abc import Iterator, Sequence
from typing import Any

from crm_service.policies.retention import CONTACT, CONTRACTS, RetentionRule
from crm_service.retention import acting, holding, moments, rows
from crm_service.retention.rows import Said
from crm_service.retention.steps import Run, Step, by_contact, cutoff

#: What a rule for contacts counts from. Who never had to do with the controller is not kept by the
#: rule about that; who still has a permission, or never had one, is by the rule about withdrawal.
_MOMENTS = {"added": "c.added_at", "last_interaction": "last.at", "withdrawal": "withdrawal.at"}

_FIND = """
SELECT c.id, c.id, longest.rule, longest.since, longest.ended_at,
    nullif(concat_ws(',', {held}, {records}), '') AS why, NULL::timestamptz
FROM contacts c{joined}
CROSS JOIN LATERAL (
    SELECT rule, since, ended_at FROM (VALUES {rules}) AS kept(rule, since, ended_at)
    WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, rule LIMIT 1
) AS longest
WHERE c.controller_id = %(controller_id)s AND {{selected}}{early}
    AND longest.ended_at <= %(now)s::timestamptz
    AND (%(created_before)s::timestamptz IS NULL OR c.created_at < %(created_before)s)
ORDER BY c.id
"""

#: By which rules a person's records are kept still.
_RECORDS = """(SELECT string_agg(DISTINCT {kept_by}, ',') FROM {table} r{last}
        WHERE r.controller_id = c.controller_id AND r.subject_id = c.id)"""


def steps(run: Run) -> Iterator[Step]:
    """Yield the step that finds whom nothing keeps any more; none where contacts have no end."""
    rules = run.policy.retention.of(CONTACT)
    if not rules or any(rule.term is None for rule in rules):
        return
    facts: dict[str, Any] = moments.permission_terms(run.policy)
    values = [_value(number, rule, facts) for number, rule in enumerate(rules)]
    yield Step(
        table="contacts",
        category=CONTACT,
        action=rules[0].action,
        find=_FIND.format(
            held=holding.people("c.id"),
            joined=_joined(rules),
            rules=", ".join(values),
            early=_early(run, rules, facts),
            records=_records(run, facts),
        ),
        only="c.id = ANY (%(subjects)s::uuid[])",
        ranges=by_contact,
        act=acting.erase_people,
        facts=facts,
    )


def _value(number: int, rule: RetentionRule, facts: dict[str, Any]) -> str:
    name, term, moment = f"rule_{number}", f"term_{number}", _MOMENTS[rule.counted_from or "added"]
    facts[name] = rule.name
    facts[term] = rule.term.interval if rule.term else None
    ended_at = moments.end(moment, f"%({term})s")
    if rule.counted_from == "withdrawal":
        ended_at = f"coalesce({ended_at}, 'infinity')"
    return f"(%({name})s::text, {moment}, {ended_at})"


def _joined(rules: Sequence[RetentionRule]) -> str:
    counted = {rule.counted_from for rule in rules}
    last = moments.LAST.format(subject="c.id") if "last_interaction" in counted else ""
    return last + (moments.WITHDRAWAL if "withdrawal" in counted else "")


def _early(run: Run, rules: Sequence[RetentionRule], facts: dict[str, Any]) -> str:
    """Return a condition that leaves most people out before anything is looked up for them."""
    terms = [rule.term for rule in rules if rule.counted_from == "added" and rule.term]
    if not terms:
        return ""
    facts["cutoff"] = min(cutoff(term, run.now) for term in terms)
    return "\n    AND c.added_at <= %(cutoff)s::timestamptz"


def _records(run: Run, facts: dict[str, Any]) -> str:
    rules = run.policy.retention
    stay: list[str] = []
    for table, categories in (("interactions", rules.interactions), ("contracts", (CONTRACTS,))):
        about = [rule for rule in rules.rules if rule.category in categories and rule.ends]
        said = [rows.said(rules, rule, f"{table}_{n}") for n, rule in enumerate(about)]
        for one in said:
            facts.update(one.facts)
        stay += [_RECORDS.format(**_by(table, said))] if said else []
    return ", ".join([*stay, "NULL"])


def _by(table: str, said: Sequence[Said]) -> dict[str, str]:
    last = moments.LAST.format(subject="r.subject_id")
    needs_last = any(one.needs_last for one in said)
    return {"table": table, "kept_by": rows.kept_by(said), "last": last if needs_last else ""}
