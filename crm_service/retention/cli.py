"""``crm-service retention run|totals``."""

from pathlib import Path

import click
import psycopg
from flask import current_app
from flask.cli import with_appcontext

from crm_service.config import Settings
from crm_service.controllers import service as controllers
from crm_service.db import APP_ROLE, WORKER_ROLE, Connection, connect_options, transaction
from crm_service.retention import duty, reporting, service

_ACTOR = "operator:retention run"


@click.group()
def retention() -> None:
    """Let go of what has had its time, by the rules of the policy."""


@retention.command()
@click.option("--controller", "slug", help="slug of one controller; every controller if not given")
@click.option("--dry-run", is_flag=True, help="say what would happen and why; change nothing")
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="a line for each row: CSV if the file is called so, else NDJSON",
)
@with_appcontext
def run(slug: str | None, report_file: Path | None, *, dry_run: bool) -> None:
    """Erase, anonymize and announce what is due, or show it.

    It may be stopped at any time, given again, and run on two machines at once.
    """
    if report_file is not None and slug is None:
        raise click.UsageError("--report is about one controller: name it with --controller")
    for each in [slug] if slug else _slugs():
        _run(each, report_file, dry_run=dry_run)


def _run(slug: str, report_file: Path | None, *, dry_run: bool) -> None:
    with transaction() as session:
        controller_id = controllers.enter(session, slug).id
    with _connected() as connection:
        prepared = service.prepare(
            connection, controller_id, actor=_ACTOR, keyring=_settings().keyring
        )
        with reporting.written(report_file, prepared.policy) as on_due:
            do = service.preview if dry_run else service.execute
            summary = do(connection, prepared, on_due=on_due)
    for line in reporting.lines(summary, prepared.policy, dry_run=dry_run):
        click.echo(f"{slug}: {line}")


@retention.command()
@click.option("--controller", "slug", required=True, help="slug of the controller")
@with_appcontext
def totals(slug: str) -> None:
    """Show what anonymized data left: how many records of which category and year there were."""
    with transaction() as session:
        controller_id = controllers.enter(session, slug).id
    with _connected() as connection:
        found = service.totals(connection, controller_id)
    for category, year, count in found:
        click.echo(f"{slug}: {category}, {year}: {count}")
    if not found:
        click.echo(f"{slug}: nothing has been anonymized")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["crm.settings"]
    return settings


def _connected() -> Connection:
    return psycopg.connect(
        _settings().database_url, autocommit=True, **connect_options(APP_ROLE, keyed=True)
    )


def _slugs() -> list[str]:
    with psycopg.connect(_settings().worker_url, **connect_options(WORKER_ROLE)) as connection:
        return [slug for _, slug in duty.controllers(connection)]
