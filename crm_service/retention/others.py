"""What hangs on a contact by its addresses or in its row: events, attributes, permissions."""

from collections.abc import Iterator

from crm_service.policies.retention import ATTRIBUTES, ENGAGEMENT, RetentionRule
from crm_service.retention import acting, holding, moments
from crm_service.retention.steps import Run, Step, by_contact, cutoff, is_at_once

_OF_THE_SUBJECTS = "c.id = ANY (%(subjects)s::uuid[])"

_FIND_EVENTS = """
WITH {held}
SELECT e.id, c.id, %(rule)s::text, {since}, {ended_at}, held.why, e.recorded_at
FROM contacts c{last}
JOIN addresses a ON a.controller_id = c.controller_id AND a.subject_id = c.id
JOIN engagement_events e ON e.controller_id = a.controller_id AND e.address_key = a.address_key
    AND e.occurred_at <= %(cutoff)s::timestamptz
LEFT JOIN held ON held.subject_id = c.id
WHERE c.controller_id = %(controller_id)s AND {{selected}}
    AND {ended_at} <= %(now)s::timestamptz{more}
ORDER BY c.id, e.occurred_at, e.id
"""

_FIND_ATTRIBUTES = """
WITH {held}
SELECT c.id, c.id, %(rule)s::text, {since}, {ended_at}, held.why, NULL::timestamptz
FROM contacts c{last}
LEFT JOIN held ON held.subject_id = c.id
WHERE c.controller_id = %(controller_id)s AND {{selected}}
    AND c.attributes ?| %(names)s::text[]
    AND {ended_at} <= %(now)s::timestamptz
ORDER BY c.id
"""

_EVENT_MOMENTS = {
    "occurred": "e.occurred_at",
    "last_interaction": "greatest(last.at, e.occurred_at)",
}
_CONTACT_MOMENTS = {"added": "c.added_at", "last_interaction": "coalesce(last.at, c.added_at)"}


def steps(run: Run) -> Iterator[Step]:
    """Yield a step for each rule about events or attributes that ends."""
    for rule in run.policy.retention.rules:
        if rule.term is not None and rule.category == ENGAGEMENT:
            yield _events(run, rule)
        elif rule.term is not None and rule.category in ATTRIBUTES:
            yield from _attributes(run, rule)


def _last(rule: RetentionRule) -> str:
    counts = rule.counted_from == "last_interaction"
    return moments.LAST.format(subject="c.id") if counts else ""


def _events(run: Run, rule: RetentionRule) -> Step:
    since = _EVENT_MOMENTS[rule.counted_from or "occurred"]
    filled = " OR ".join(f"e.{name} IS NOT NULL" for name in rule.fields)
    return Step(
        table="engagement_events",
        category=rule.category,
        action=rule.action,
        find=_FIND_EVENTS.format(
            held=holding.RECORDS,
            last=_last(rule),
            since=since,
            ended_at=moments.end(since, "%(term)s"),
            more=f"\n    AND ({filled})" if filled else "",
        ),
        only=f"{_OF_THE_SUBJECTS} AND e.id = ANY (%(ids)s::uuid[])",
        ranges=by_contact,
        act=acting.ENGAGEMENT[rule.action],
        facts=_facts(run, rule),
        fields=rule.fields,
        at_once=is_at_once(rule),
    )


def _attributes(run: Run, rule: RetentionRule) -> Iterator[Step]:
    category = rule.category.partition(".")[2]
    declared = run.policy.custom_attributes.values()
    names = [one.name for one in declared if one.category == category]
    since = _CONTACT_MOMENTS[rule.counted_from or "added"]
    if names:
        yield Step(
            table="contacts",
            category=rule.category,
            action=rule.action,
            find=_FIND_ATTRIBUTES.format(
                held=holding.RECORDS,
                last=_last(rule),
                since=since,
                ended_at=moments.end(since, "%(term)s"),
            ),
            only=_OF_THE_SUBJECTS,
            ranges=by_contact,
            act=acting.clear_attributes,
            facts={**_facts(run, rule), "names": names},
            at_once=is_at_once(rule),
        )


def _facts(run: Run, rule: RetentionRule) -> dict[str, object]:
    term = rule.term
    return {
        "rule": rule.name,
        "category": rule.category,
        "term": term.interval if term else None,
        "cutoff": cutoff(term, run.now) if term else run.now,
    }
