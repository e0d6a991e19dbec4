"""``crm-service import contacts FILE``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from crm_service.config import Settings
from crm_service.controllers import assistance
from crm_service.db import transaction
from crm_service.policies.vocabulary import SOURCE_KINDS
from crm_service.transfers import ordering, report, service, summary
from crm_service.transfers.reading import FileSource
from crm_service.transfers.updating import MODES, parse_updates

_ACTOR = "operator:import contacts"

_UPDATE_HELP = (
    f"how filled cells change contacts that stand: {', '.join(MODES)} (default: {MODES[0]}); "
    "FIELD=MODE for one field; repeatable"
)

_SOURCE_HELP = "where the data of the file come from"


@click.group(name="import")
def import_group() -> None:
    """Import contacts from a file."""


@import_group.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--controller", "slug", required=True, help="slug of the controller")
@click.option("--dry-run", is_flag=True, help="say what would happen; store nothing")
@click.option("--report", "report_file", type=click.Path(path_type=Path), help="CSV with outcomes")
@click.option("--mapping", multiple=True, metavar="COLUMN=FIELD", help="repeatable")
@click.option("--update", multiple=True, metavar="MODE", help=_UPDATE_HELP)
@click.option("--source", "source_kind", type=click.Choice(SOURCE_KINDS), help=_SOURCE_HELP)
@click.option("--encoding", help="when the file's own cannot be recognized")
@click.option("--delimiter", help="when the file's own cannot be recognized; 'tab' is one")
@with_appcontext
def contacts(
    file: Path,
    slug: str,
    report_file: Path | None,
    mapping: tuple[str, ...],
    update: tuple[str, ...],
    *,
    dry_run: bool,
    source_kind: str | None,
    encoding: str | None,
    delimiter: str | None,
) -> None:
    """Import contacts from a CSV file, with the permissions that it proves.

    Interrupted, it goes on where it was when the same command is given again. Done twice, it
    changes nothing the second time.
    """
    settings: Settings = current_app.extensions["crm.settings"]
    request = ordering.Request(
        source=FileSource(file),
        mapping=tuple(_pair(text) for text in mapping),
        updates=parse_updates(update),
        encoding=encoding,
        delimiter={"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter),
        source_kind=source_kind,
        dry_run=dry_run,
    )
    with transaction() as session:
        controller_id = assistance.enter(session, slug, actor=_ACTOR).id
    with _report(report_file, file) as write_report, service.connect(settings) as connection:
        with _progress() as on_progress:
            result = service.import_contacts(
                connection,
                controller_id,
                request,
                pepper=settings.keyring.pepper(controller_id),
                actor=_ACTOR,
                on_progress=on_progress,
            )
        write_report(result)
        for line in summary.lines(result, dry_run=dry_run, report_file=report_file):
            click.echo(line)


def _pair(text: str) -> tuple[str, str]:
    column, separator, field = text.rpartition("=")
    if not separator:
        raise click.BadParameter("must be COLUMN=FIELD", param_hint="--mapping")
    return column, field.strip()


@contextmanager
def _report(path: Path | None, file: Path) -> Iterator[Callable[[ordering.Result], None]]:
    """Yield what writes the report; a file that cannot be written is found out before the work."""
    if path is None:
        yield lambda _: None
        return
    if path.exists() and file.exists() and path.samefile(file):
        raise click.BadParameter("must not be the imported file", param_hint="--report")
    partial = path.with_name(f"{path.name}.part")
    try:
        out = partial.open("w", encoding=report.ENCODING, newline="")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None

    def write(result: ordering.Result) -> None:
        with out:
            report.write(result.table, result.verdicts(), out)
        partial.replace(path)

    try:
        yield write
    finally:
        out.close()
        partial.unlink(missing_ok=True)


@contextmanager
def _progress() -> Iterator[Callable[[ordering.Progress], None]]:
    """Yield what shows progress; a bar only where somebody can watch it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with Progress(
        TextColumn("{task.fields[rows]:,} rows"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]:,.0f} rows/s"),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task("", total=None, rows=0, rate=0.0)

        def show(progress: ordering.Progress) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            bar.update(
                task,
                total=progress.size,
                completed=progress.position,
                rows=progress.tally.rows,
                rate=progress.tally.rows / elapsed if elapsed else 0.0,
            )

        yield show
