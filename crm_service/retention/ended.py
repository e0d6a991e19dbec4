"""Permissions whose term is over: written down once, told by ``consent.expired.v1``."""

from collections.abc import Iterator, Sequence

from crm_service.db import Connection
from crm_service.permissions import expiring
from crm_service.retention import moments
from crm_service.retention.steps import Due, Run, Step, by_contact

#: No hold keeps a permission alive: that it ended is a fact, and nothing is deleted.
_FIND = f"""
SELECT p.entry_id, c.id, 'term:' || p.purpose || '/' || p.basis,
    CASE WHEN t.from_since THEN p.since ELSE p.anchor_at END, ending.at, NULL::text,
    NULL::timestamptz
FROM contacts c{moments.ENDING_PERMISSIONS}
WHERE c.controller_id = %(controller_id)s AND {{selected}} AND ending.at <= %(now)s::timestamptz
    AND {expiring.UNTOLD}
ORDER BY c.id, p.entry_id
"""  # noqa: S608 - constant text


def steps(run: Run) -> Iterator[Step]:
    """Yield the step, if any permission has a term."""
    rules = [rule for one in run.policy.purposes.values() for rule in one.bases.values()]
    if any(rule.term for rule in rules):
        yield Step(
            table="permissions",
            category="permissions",
            action="expire",
            find=_FIND,
            only="c.id = ANY (%(subjects)s::uuid[])",
            ranges=by_contact,
            act=_expire,
            facts=moments.permission_terms(run.policy),
        )


def _expire(connection: Connection, _step: Step, run: Run, due: Sequence[Due]) -> int:
    facts = {
        "controller_id": run.controller_id,
        "entries": [one.id for one in due],
        "subjects": [one.subject_id for one in due],
        "moments": [one.ended_at for one in due],
        "recorded_by": run.actor,
        "policy_version": run.policy.version,
    }
    return expiring.expire(connection, facts)
