"""What a pass tells: a line a row for a file, and the counts for whoever gave the command."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import orjson

from crm_service.clock import spelled
from crm_service.policies.document import Policy
from crm_service.retention.service import OnDue, Summary, What
from crm_service.retention.steps import Due, Step

COLUMNS = (
    "table",
    "category",
    "action",
    "id",
    "contact_id",
    "rule",
    "clause",
    "counted_from",
    "since",
    "ended_at",
    "held",
)


@contextmanager
def written(path: Path | None, policy: Policy) -> Iterator[OnDue | None]:
    """Yield what writes a row of the report; CSV where the file is called so, else NDJSON.

    Ids and codes alone: the report tells nothing of a person that its reader could not look up.
    """
    if path is None:
        yield None
        return
    told = {rule.name: rule for rule in policy.retention.rules}
    with path.open("w", encoding="utf-8", newline="") as out:
        write = _writer(path, out)

        def on_due(step: Step, one: Due) -> None:
            rule = told.get(one.rule)
            write(
                {
                    "table": step.table,
                    "category": step.category,
                    "action": step.action,
                    "id": str(one.id),
                    "contact_id": str(one.subject_id),
                    "rule": one.rule,
                    "clause": rule.clause if rule else None,
                    "counted_from": rule.counted_from if rule else None,
                    "since": spelled(one.since) if one.since else None,
                    "ended_at": spelled(one.ended_at),
                    "held": one.held,
                }
            )

        yield on_due


def _writer(path: Path, out: TextIO) -> Callable[[dict[str, str | None]], object]:
    if path.suffix.lower() != ".csv":
        return lambda row: out.write(orjson.dumps(row).decode() + "\n")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    return writer.writerow


def lines(summary: Summary, policy: Policy, *, dry_run: bool) -> Iterator[str]:
    """Yield the summary for people, rule by rule."""
    clauses = {rule.name: rule.clause for rule in policy.retention.rules}
    yield f"policy {summary.policy}, version {summary.version}"
    counted = summary.due if dry_run else summary.done
    for what in sorted({*summary.due, *(what for what, _ in summary.held)}):
        clause = f" ({clauses[what.rule]})" if clauses.get(what.rule) else ""
        verb = f"to {what.action}" if dry_run else f"done: {what.action}"
        held = _held(summary, what)
        yield f"{what.table}, rule {what.rule}{clause}: {counted[what]} {verb}{held}"
    if not summary.due and not summary.held:
        yield "nothing is due"
    if dry_run:
        yield "this was a dry run: nothing was changed"
    elif summary.postponed:
        yield f"{summary.postponed} rows were busy or changed meanwhile: the next run looks again"


def _held(summary: Summary, what: What) -> str:
    reasons: Counter[str] = Counter()
    for (held, why), count in summary.held.items():
        if held == what:
            reasons[why] += count
    said = ", ".join(f"{why} {count}" for why, count in sorted(reasons.items()))
    return f"; {reasons.total()} held ({said})" if reasons else ""
