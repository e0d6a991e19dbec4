"""Commands about policies: ``crm-service policy check|activate``."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from crm_service.controllers import service as controllers_service
from crm_service.db import driver_connection, transaction
from crm_service.policies import checking, service
from crm_service.policies.loading import read_document, read_policy

_FILE = click.Path(path_type=Path)


@click.group()
def policy() -> None:
    """Check a policy, and activate it for a controller."""


@policy.command()
@click.argument("file", type=_FILE)
def check(file: Path) -> None:
    """Judge a policy file; exit 1 when it has an error."""
    findings = checking.check(read_document(file))
    for finding in findings:
        click.echo(f"{file}: {finding.severity}: {finding.path}: {finding.message}")
    errors = sum(finding.is_error for finding in findings)
    click.echo(f"{file}: {errors or 'no'} error{'' if errors == 1 else 's'}")
    if errors:
        raise SystemExit(1)


@policy.command()
@click.argument("file", type=_FILE)
@click.option("--controller", "slug", required=True, help="slug of the controller")
@with_appcontext
def activate(file: Path, slug: str) -> None:
    """Make the file the controller's policy; a document equal to the active one is no new one."""
    document = read_policy(file)
    with transaction() as session:
        controller = controllers_service.enter(session, slug)
        activated = service.activate(
            driver_connection(session), controller.id, document, "operator:policy activate"
        )
    click.echo(f"{slug}: {activated.name} version {activated.version} is active")
