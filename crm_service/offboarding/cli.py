"""The commands ``crm-service controller export|verify-export|offboard``."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from crm_service.errors import ConfigurationError, DomainError
from crm_service.offboarding import archive, leaving, proving, service

_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("export")
@click.argument("slug")
@click.option("--output", required=True, type=_NEW_FILE, help="a new file: everything, as ZIP")
@click.option("--reveal-national-ids", is_flag=True, help="in the clear; goes on record")
@with_appcontext
def export_command(slug: str, *, output: Path, reveal_national_ids: bool) -> None:
    """Write everything that a controller owns into a file, and prove that it is whole."""
    settings = current_app.extensions["crm.settings"]
    try:
        done = service.export(settings, slug, output, reveal_national_ids=reveal_national_ids)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{output}: {done.files} files, {done.lines} lines, manifest sha256 {done.sha256}")
    _prove(output)


@click.command("verify-export")
@click.argument("file", type=_FILE)
def verify_export_command(file: Path) -> None:
    """Recompute everything that an export vouches for; needs no database."""
    _prove(file)


@click.command("offboard")
@click.argument("slug")
@click.option("--export", "file", required=True, type=_FILE, help="what `export` wrote")
@click.option("--confirm", required=True, help="the slug once more: nothing brings it back")
@with_appcontext
def offboard_command(slug: str, *, file: Path, confirm: str) -> None:
    """Delete a controller with everything it owns; only the heads of its logs stay."""
    if confirm != slug:
        raise click.BadParameter(f"must be {slug}", param_hint="--confirm")
    settings = current_app.extensions["crm.settings"]
    try:
        deleted = leaving.offboard(settings, slug, file)
    except (DomainError, ConfigurationError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{deleted} rows deleted; {slug} is gone")


def _prove(file: Path) -> None:
    try:
        with archive.reading(file) as export:
            proof = proving.prove(export)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    for log in proof.seals:
        click.echo(
            f"{log}: seals={proof.seals[log]} entries={proof.entries[log]} "
            f"unsealed={proof.unsealed[log]}"
        )
    for finding in proof.wrong:
        click.echo(finding, err=True)
    if proof.wrong:
        raise SystemExit(1)
    click.echo(f"{file}: whole; every member and seal is what the manifest says")
