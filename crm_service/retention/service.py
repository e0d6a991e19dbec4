"""One pass over a controller's data: what has had its time goes, or is only shown.

Safe to run twice, at the same time on two machines, and to be killed at any moment: rows are found
without locks, then done in short transactions, each under the locks of its people (rule 26), which
are never waited for, and each row found once more under them. Whoever is busy is done next time.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from crm_service import arrays
from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.keyring import Keyring
from crm_service.policies import service as policies
from crm_service.retention import asked, ended, others, pace, people, records, repository, steps
from crm_service.retention.steps import Due, Run, Step

_OUR_CONTROLLER = "SELECT set_config('crm.controller_id', %s, false)"

OnDue = Callable[[Step, Due], None]
Wanted = Callable[[Step], bool]


class What(NamedTuple):
    """What a count is about."""

    table: str
    category: str
    action: str
    rule: str


@dataclass
class Summary:
    """What was found and done: rows, by what they are; held ones also by the reason.

    ``longest`` is the duration of the longest transaction in seconds.
    """

    policy: str
    version: int
    due: Counter[What] = field(default_factory=Counter)
    held: Counter[tuple[What, str]] = field(default_factory=Counter)
    done: Counter[What] = field(default_factory=Counter)
    longest: float = 0.0

    @property
    def postponed(self) -> int:
        """How many rows were somebody else's just then, or have changed since they were found."""
        return self.due.total() - self.done.total()


def prepare(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    actor: str,
    keyring: Keyring,
    created_before: datetime | None = None,
) -> Run:
    """Return a pass under the policy that holds; the connection sees this controller from here on.

    ``connection`` commits by itself and acts as the service. Raises ``Conflict`` (``no_policy``).
    """
    connection.execute(_OUR_CONTROLLER, (str(controller_id),))
    policy = policies.active(connection, controller_id)
    pepper = keyring.pepper(controller_id)
    return Run(controller_id, policy, utcnow(), actor, pepper, created_before)


def preview(connection: Connection, run: Run, *, on_due: OnDue | None = None) -> Summary:
    """Return what a run would do; nothing changes. Who looked is in the audit log.

    Of what a decision of erasure leaves nothing, terms say nothing any more.
    """
    summary = Summary(run.policy.name, run.policy.version)
    gone: set[uuid.UUID] = set()
    for step in every(run):
        for found in steps.pages(connection, step, run):
            left = [one for one in found if gone.isdisjoint({one.id, one.subject_id})]
            _note(summary, step, left, on_due)
            if step.is_final:
                gone.update(one.id for one in left if one.held is None)
    _audit(connection, run, "preview", summary.due)
    return summary


def execute(
    connection: Connection,
    run: Run,
    *,
    on_due: OnDue | None = None,
    wanted: Wanted = lambda _: True,
    is_over: Callable[[], bool] = lambda: False,
) -> Summary:
    """Do what is due, and return what was done.

    ``wanted`` chooses among the steps; ``is_over`` is asked between transactions whether to stop.
    """
    summary = Summary(run.policy.name, run.policy.version)
    for step in filter(wanted, every(run)):
        for batch in pace.batches(_free(connection, run, step, summary, on_due), step.batch):
            if is_over():
                return summary
            began = time.monotonic()
            _do(connection, run, step, batch, summary)
            summary.longest = max(summary.longest, time.monotonic() - began)
    return summary


def _free(
    connection: Connection, run: Run, step: Step, summary: Summary, on_due: OnDue | None
) -> Iterator[Due]:
    """Yield what nothing holds; a batch may end in another range than it began in."""
    for found in steps.pages(connection, step, run):
        _note(summary, step, found, on_due)
        yield from (one for one in found if one.held is None)


def every(run: Run) -> Iterator[Step]:
    """Yield every step of a pass: people last, since what they leave behind keeps them.

    Who asked to be erased goes before anything of theirs is looked at by its term.
    """
    parts = (asked, ended, records, others, people)
    return chain.from_iterable(part.steps(run) for part in parts)


def _note(summary: Summary, step: Step, found: Sequence[Due], on_due: OnDue | None) -> None:
    for one in found:
        what = What(step.table, step.category, step.action, one.rule)
        if one.held is None:
            summary.due[what] += 1
        else:
            summary.held[what, one.held] += 1
        if on_due is not None:
            on_due(step, one)


def _do(
    connection: Connection, run: Run, step: Step, batch: Sequence[Due], summary: Summary
) -> None:
    with connection.transaction():
        subjects = {"subjects": arrays.of_ids({one.subject_id for one in batch})}
        locked = {row[0] for row in connection.execute(repository.TRY_LOCKS, subjects)}
        mine = step.again(connection, run, [one for one in batch if one.subject_id in locked])
        if mine:
            step.act(connection, step, run, mine)
            done = Counter(What(step.table, step.category, step.action, one.rule) for one in mine)
            _audit(connection, run, step.action, done, people=len({x.subject_id for x in mine}))
            summary.done.update(done)


def _audit(
    connection: Connection, run: Run, verb: str, rows: Counter[What], *, people: int | None = None
) -> None:
    counted: Counter[str] = Counter()
    for what, count in rows.items():
        counted[f"{what.table}:{what.rule}"] += count
    details: dict[str, Any] = {"policy_version": run.policy.version, "rows": counted}
    audit.record(
        connection,
        run.controller_id,
        actor=run.actor,
        action=f"retention.{verb}",
        fields=sorted({what.category for what in rows}),
        count=counted.total() if people is None else people,
        details=details,
    )


def totals(connection: Connection, controller_id: uuid.UUID) -> list[tuple[str, int, int]]:
    """Return what anonymized data left behind: category, year, how many there were."""
    connection.execute(_OUR_CONTROLLER, (str(controller_id),))
    facts = {"controller_id": controller_id}
    return [(row[0], row[1], row[2]) for row in connection.execute(repository.TOTALS, facts)]
