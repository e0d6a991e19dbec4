"""What hangs on a contact by its addresses or in its row: events, attributes, permissions."""

from collections.abc import Iterator

from crm_service.policies.retention import ATTRIBUTES, ENGAGEMENT, RetentionRule
from crm_service.retention import acting, holding, moments
from crm_service.retention.steps import Run, Step, by_address, by_contact, cutoff, is_at_once

#: Whoever the address is: no contact need bear it. One of which nothing is known but that messages
#: reached it is no subject's, and stands for itself.
_FIND_EVENTS = """
SELECT e.id, {subject}, %(rule)s::text, {since}, {ended_at}, {held}, e.recorded_at
FROM engagement_events e
LEFT JOIN addresses a ON a.controller_id = e.controller_id AND a.address_key = e.address_key{last}
WHERE e.controller_id = %(controller_id)s AND {{selected}}
    AND e.occurred_at <= %(cutoff)s::timestamptz
    AND {ended_at} <= %(now)s::timestamptz{more}
ORDER BY e.address_key, e.occurred_at, e.id
"""

_FIND_ATTRIBUTES = """
SELECT c.id, c.id, %(rule)s::text, {since}, {ended_at}, {held}, NULL::timestamptz
FROM contacts c{last}
WHERE c.controller_id = %(controller_id)s AND {{selected}}
    AND c.attributes ?| %(names)s::text[]
    AND {ended_at} <= %(now)s::timestamptz
ORDER BY c.id
"""

_EVENT_SUBJECT = "coalesce(a.subject_id, e.address_key)"
#: A part of the table is a month of recording: others need not be looked into.
_FOUND_EVENTS = f"""e.id = ANY (%(ids)s::uuid[])
    AND e.recorded_at BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz
    AND {_EVENT_SUBJECT} = ANY (%(subjects)s::uuid[])"""

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


def _last(rule: RetentionRule, subject: str) -> str:
    counts = rule.counted_from == "last_interaction"
    return moments.LAST.format(subject=subject) if counts else ""


def _events(run: Run, rule: RetentionRule) -> Step:
    since = _EVENT_MOMENTS[rule.counted_from or "occurred"]
    filled = " OR ".join(f"e.{name} IS NOT NULL" for name in rule.fields)
    return Step(
        table="engagement_events",
        category=rule.category,
        action=rule.action,
        find=_FIND_EVENTS.format(
            subject=_EVENT_SUBJECT,
            held=holding.records("a.subject_id"),
            last=_last(rule, "a.subject_id"),
            since=since,
            ended_at=moments.end(since, "%(term)s"),
            more=f"\n    AND ({filled})" if filled else "",
        ),
        only=_FOUND_EVENTS,
        ranges=by_address,
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
                held=holding.records("c.id"),
                last=_last(rule, "c.id"),
                since=since,
                ended_at=moments.end(since, "%(term)s"),
            ),
            only="c.id = ANY (%(subjects)s::uuid[])",
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
