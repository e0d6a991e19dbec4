"""What an operator is told at the end of an import."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from crm_service.transfers.ordering import Result
from crm_service.transfers.tallies import OUTCOMES


def lines(result: Result, *, dry_run: bool, report_file: Path | None) -> Iterator[str]:
    """Yield what happened, line by line: what was left out first, the totals last."""
    if result.started_at_row > 1:
        yield f"went on at row {result.started_at_row:,}, where an earlier run was interrupted"
    yield from _notes(result, dry_run=dry_run)
    tally = result.job.tally
    if tally.reasons:
        yield f"rejected: {_counted(tally.reasons)}"
    if tally.warnings:
        yield f"warnings: {_counted(tally.warnings)}"
    if report_file:
        yield f"every row's outcome: {report_file}"
    elif tally.reasons or tally.warnings:
        yield "add --report FILE for the outcome of every row"
    counts = ", ".join(f"{tally.outcomes[name]:,} {name}" for name in OUTCOMES)
    yield f"{'dry run, nothing stored: ' if dry_run else ''}{tally.rows:,} rows: {counts}"


def _notes(result: Result, *, dry_run: bool) -> Iterator[str]:
    assigned, notes = result.columns, result.job.notes
    if result.table.found.is_guess:
        yield (
            f"the file is not UTF-8 and was read as {result.table.found.encoding}: if names look "
            "wrong in the report, give --encoding"
        )
    if assigned.withheld:
        yield f"columns that the policy does not let a contact have: {_named(assigned.withheld)}"
    others = [name for name in assigned.unused if name not in assigned.withheld and name]
    if others:
        yield f"columns not imported: {_named(others)}"
    if topics := notes.get("topics_created"):
        yield f"topics {'to be created' if dry_run else 'created'}: {', '.join(topics)}"
    if bases := notes.get("bases_covering_no_topic"):
        yield (
            f"{', '.join(bases)} without Topics covers no topic under this policy, so nobody "
            "may be mailed for it: name Topics, or let the basis inherit in the policy"
        )
    if wordings := notes.get("wordings_without_text"):
        yield f"consent texts known by their version only: {', '.join(wordings)}"


def _named(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"'{name[:60]}'" for name in names)


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counter.most_common())
