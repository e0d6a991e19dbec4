"""``crm-service import suppressions FILE``."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from crm_service.config import Settings
from crm_service.controllers import assistance
from crm_service.db import transaction
from crm_service.transfers import service
from crm_service.transfers.cli import import_group
from crm_service.transfers.columns import plain
from crm_service.transfers.neutralizing import neutralize, restore
from crm_service.transfers.reading import FileSource, Malformed
from crm_service.transfers.report import ENCODING
from crm_service.transfers.suppression_applying import OUTCOMES, Outcome
from crm_service.transfers.suppression_formats import REPORT_COLUMNS
from crm_service.transfers.suppression_importing import (
    Chunk,
    OnChunk,
    Request,
    Result,
    import_suppressions,
)
from crm_service.transfers.suppression_reasons import LISTED

_ACTOR = "operator:import suppressions"


@import_group.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--controller", "slug", required=True, help="slug of the controller")
@click.option("--scope", type=click.Choice(["marketing", "all"]), help="default: marketing")
@click.option("--topic", help="block this topic alone, instead of a scope")
@click.option("--reason", type=click.Choice(LISTED), help="for rows that state none")
@click.option("--dry-run", is_flag=True, help="say what would happen; store nothing")
@click.option("--report", "report_file", type=click.Path(path_type=Path), help="CSV with outcomes")
@click.option("--encoding", help="when the file's own cannot be recognized")
@click.option("--delimiter", help="when the file's own cannot be recognized; 'tab' is one")
@with_appcontext
def suppressions(
    file: Path,
    slug: str,
    scope: str | None,
    topic: str | None,
    reason: str | None,
    report_file: Path | None,
    *,
    dry_run: bool,
    encoding: str | None,
    delimiter: str | None,
) -> None:
    """Block the addresses, domains and hashed addresses of a list; lift nothing.

    Recognized are plain lists, hashes (SHA-256 and MD5), our own export, and the exports of
    SendGrid, Mailgun, SES, Postmark, Mailchimp and listmonk. Bounces block every message, all else
    marketing unless --scope or --topic says otherwise. Done twice, it changes nothing the second
    time.
    """
    if scope and topic:
        raise click.UsageError("give --scope or --topic, not both")
    settings: Settings = current_app.extensions["crm.settings"]
    with transaction() as session:
        controller_id = assistance.enter(session, slug, actor=_ACTOR).id
    request = Request(
        source=FileSource(file),
        filename=file.name,
        scope=scope or "marketing",
        topic=topic,
        reason=reason,
        encoding=encoding,
        delimiter={"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter),
        dry_run=dry_run,
    )
    with (
        _report(report_file, file) as report,
        _progress() as progress,
        service.connect(settings) as connection,
    ):
        result = import_suppressions(
            connection,
            controller_id,
            request,
            pepper=settings.keyring.pepper(controller_id),
            actor=_ACTOR,
            on_chunk=_both(report, progress),
        )
    for line in _summary(result, dry_run=dry_run, report_file=report_file):
        click.echo(line)


def _both(first: OnChunk, second: OnChunk) -> OnChunk:
    def on_chunk(chunk: Chunk, outcomes: Sequence[Outcome], result: Result) -> None:
        first(chunk, outcomes, result)
        second(chunk, outcomes, result)

    return on_chunk


def _nothing(_chunk: Chunk, _outcomes: Sequence[Outcome], _result: Result) -> None:
    return


@contextmanager
def _report(path: Path | None, file: Path) -> Iterator[OnChunk]:
    """Yield what writes every row with its outcome; the file stands only when all is done."""
    if path is None:
        yield _nothing
        return
    if path.exists() and file.exists() and path.samefile(file):
        raise click.BadParameter("must not be the imported file", param_hint="--report")
    partial = path.with_name(f"{path.name}.part")
    try:
        out = partial.open("w", encoding=ENCODING, newline="")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
    try:
        with out:
            yield _Report(out)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class _Report:
    """Writes the rows as they stood; cells that a spreadsheet would run are neutralized."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._kept: list[int] | None = None

    def __call__(self, chunk: Chunk, outcomes: Sequence[Outcome], result: Result) -> None:
        writer = csv.writer(self._out, delimiter=result.listing.delimiter, lineterminator="\r\n")
        if self._kept is None:
            header = result.listing.header or ("address", "reason")
            added = {plain(name) for name in REPORT_COLUMNS}
            self._kept = [at for at, name in enumerate(header) if plain(name) not in added]
            writer.writerow([*(_safe(header[at]) for at in self._kept), *REPORT_COLUMNS])
        rows = zip(chunk.records, outcomes, strict=True)
        for number, (record, outcome) in enumerate(rows, chunk.first):
            cells = [record.raw] if isinstance(record, Malformed) else record
            kept = [cells[at] if at < len(cells) else "" for at in self._kept]
            writer.writerow([*map(_safe, kept), number, outcome.name, outcome.reason])


def _safe(cell: str) -> str:
    return neutralize(restore(cell)).replace("\0", "\ufffd")


@contextmanager
def _progress() -> Iterator[OnChunk]:
    """Yield what shows progress; a bar only where somebody can watch it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _nothing
        return
    with Progress(
        TextColumn("{task.fields[rows]:,} rows"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task("", total=None, rows=0)

        def show(chunk: Chunk, _outcomes: Sequence[Outcome], result: Result) -> None:
            bar.update(task, total=result.listing.size, completed=chunk.position, rows=result.rows)

        yield show


def _summary(result: Result, *, dry_run: bool, report_file: Path | None) -> Iterator[str]:
    yield f"read as: {result.layout.name}"
    if result.unreadable_dates:
        yield f"dates that could not be read, now taken instead: {result.unreadable_dates:,}"
    if result.reasons:
        told = ", ".join(f"{count:,} {name}" for name, count in result.reasons.most_common())
        yield f"rejected: {told}"
    if report_file:
        yield f"every row's outcome: {report_file}"
    elif result.reasons:
        yield "add --report FILE for the outcome of every row"
    if result.matched:
        yield f"contacts blocked because a hashed list names them: {result.matched:,}"
    counts = ", ".join(f"{result.outcomes[name]:,} {name}" for name in OUTCOMES)
    yield f"{'dry run, nothing stored: ' if dry_run else ''}{result.rows:,} rows: {counts}"
