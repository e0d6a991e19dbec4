"""Erasures that people asked for and holds kept from being finished (clauses si-05, no-12).

The decision was made when the request was: of the holds alone it was granted in part. Once none
stands, it is done. Terms do not keep the person then, as they do not at an erasure; what is still
going on does.
"""

from collections.abc import Iterator

from crm_service.holds import standing
from crm_service.policies.retention import CONTACT
from crm_service.retention import acting, holding, unheld
from crm_service.retention.steps import Run, Step, all_at_once
from crm_service.rights import waiting

#: By which rule: no policy's rule can be called so.
RULE = "right:erasure"

_FIND = f"""
SELECT w.subject_id, w.subject_id, %(rule)s::text, w.decided_at,
    greatest(w.decided_at, ended.over_at),
    nullif(concat_ws(',', {holding.asked("w.subject_id")},
        CASE WHEN w.is_restricted THEN 'restricted' END), ''),
    NULL::timestamptz
FROM {waiting.WAITING} AS w
LEFT JOIN {standing.OVER} AS ended ON ended.subject_id = w.subject_id
WHERE {{selected}}
ORDER BY w.subject_id
"""  # noqa: S608 - constant text


def steps(run: Run) -> Iterator[Step]:
    """Yield the step that erases whom nothing keeps, and those for what no hold names."""
    yield Step(
        table="contacts",
        category=CONTACT,
        action="erase",
        find=_FIND,
        only="w.subject_id = ANY (%(subjects)s::uuid[])",
        ranges=all_at_once,
        act=acting.finish_erasures,
        facts={"rule": RULE},
        batch=acting.FINISHED,
        is_final=True,
    )
    yield from unheld.steps(run, RULE)
