"""What no hold names, of people whose erasure waits for one: it goes without waiting.

What a dispute or a law needs may be kept, and no more: GDPR Art. 17(3) excepts from erasure only as
far as the data are necessary for it. A hold that names categories says what that is. The person's
own entry stays with it, restricted, so that it is known whose the rest is.
"""

from collections.abc import Iterator

from crm_service.policies.retention import ATTRIBUTES, CONTRACTS, ENGAGEMENT
from crm_service.retention import acting, holding
from crm_service.retention.steps import Act, Run, Step, all_at_once
from crm_service.rights import waiting

_FIND = f"""
SELECT {{id}}, w.subject_id, %(rule)s::text, w.decided_at, w.decided_at, NULL::text, {{place}}
FROM {waiting.WAITING} AS w
JOIN {{joined}}
WHERE {{{{selected}}}} AND NOT w.is_restricted AND {{free}}
    AND {{held}} IS NULL
ORDER BY w.subject_id, {{id}}
"""  # noqa: S608 - constant text

_INTERACTIONS = """interactions r ON r.controller_id = %(controller_id)s
        AND r.subject_id = w.subject_id"""
_CLOSED = "NOT EXISTS (SELECT FROM cases k WHERE k.id = r.case_id AND k.closed_at IS NULL)"

_CONTRACTS = """contracts r ON r.controller_id = %(controller_id)s
        AND r.subject_id = w.subject_id"""
_ENDED = "r.ended_on < %(today)s::date"

_EVENTS = """addresses a ON a.controller_id = %(controller_id)s AND a.subject_id = w.subject_id
JOIN engagement_events r ON r.controller_id = a.controller_id AND r.address_key = a.address_key"""

_CONTACTS = "contacts r ON r.controller_id = %(controller_id)s AND r.id = w.subject_id"
_FILLED = "r.attributes ?| %(names)s::text[]"


def steps(run: Run, rule: str) -> Iterator[Step]:
    """Yield a step for each kind of record; ``rule`` is what reports call it by."""
    yield _step("interactions", "interactions", _INTERACTIONS, _CLOSED, acting.erase_interactions,
                rule=rule, by="r.category")  # fmt: skip
    yield _step("contracts", CONTRACTS, _CONTRACTS, _ENDED, acting.erase_contracts,
                rule=rule, by="r.category")  # fmt: skip
    yield _step("engagement_events", ENGAGEMENT, _EVENTS, "true", acting.erase_engagement,
                rule=rule, place="r.recorded_at")  # fmt: skip
    declared = run.policy.custom_attributes.values()
    for category in ATTRIBUTES:
        names = [one.name for one in declared if f"attributes.{one.category}" == category]
        if names:
            yield _step("contacts", category, _CONTACTS, _FILLED, acting.clear_attributes,
                        rule=rule, names=names)  # fmt: skip


def _step(
    table: str,
    category: str,
    joined: str,
    free: str,
    act: Act,
    *,
    rule: str,
    by: str = "%(category)s",
    place: str = "NULL::timestamptz",
    names: list[str] | None = None,
) -> Step:
    return Step(
        table=table,
        category=category,
        action="erase",
        find=_FIND.format(
            id="r.id", place=place, joined=joined, free=free, held=holding.named("w.subject_id", by)
        ),
        only="w.subject_id = ANY (%(subjects)s::uuid[]) AND r.id = ANY (%(ids)s::uuid[])",
        ranges=all_at_once,
        act=act,
        facts={"rule": rule, "category": category, "names": names},
        is_final=table != "contacts",
    )
