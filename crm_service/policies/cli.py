"""Commands about policies and the controllers that keep them."""

from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from crm_service.controllers import service as controllers_service
from crm_service.db import driver_connection, transaction
from crm_service.errors import DomainError
from crm_service.policies import checking, service
from crm_service.policies.findings import Finding
from crm_service.policies.loading import read_policy

_FILE = click.Path(path_type=Path)
_ACTOR = "operator:{}"


@click.group()
def policy() -> None:
    """Check a policy, and activate it for a controller."""


@policy.command()
@click.argument("file", type=_FILE)
def check(file: Path) -> None:
    """Judge a policy file; exit 1 when it has an error."""
    findings = _findings(file)
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
    document = _usable(file)
    try:
        with transaction() as session:
            controller = controllers_service.enter(session, slug)
            activated = service.activate(
                driver_connection(session),
                controller.id,
                document,
                _ACTOR.format("policy activate"),
            )
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{slug}: {activated.name} version {activated.version} is active")


@click.group()
def controller() -> None:
    """Create controllers."""


@controller.command()
@click.argument("slug")
@click.option("--policy", "file", type=_FILE, required=True, help="the policy it keeps (YAML)")
@click.option(
    "--accept-agreement",
    "accepts",
    is_flag=True,
    help="record that the operator accepts the agreement that the policy names",
)
@with_appcontext
def create(slug: str, file: Path, *, accepts: bool) -> None:
    """Create a controller with its policy; all of it or nothing."""
    document = _usable(file)
    actor = _ACTOR.format("controller create")
    try:
        with transaction() as session:
            created = controllers_service.create(
                session, slug=slug, name=document["controller"]["name"]
            )
            connection = driver_connection(session)
            active = service.activate(connection, created.id, document, actor)
            if accepts and active.agreement is not None:
                service.accept_agreement(
                    connection,
                    created.id,
                    version=active.agreement.version,
                    accepted_by="operator",
                    recorded_by=actor,
                )
    except DomainError as error:
        raise click.ClickException(f"{slug}: {error}") from None
    click.echo(f"{slug}: created with {active.name} version {active.version}")
    if active.agreement is not None and not accepts:
        message = "its agreement is not accepted yet: POST /v1/agreement/acceptance opens the rest"
        click.echo(f"{slug}: {message}")


def _findings(file: Path) -> list[Finding]:
    try:
        return checking.check(read_policy(file))
    except DomainError as error:
        raise click.ClickException(str(error)) from None


def _usable(file: Path) -> Any:
    """Return the document, or end the command naming every error."""
    errors = [finding for finding in _findings(file) if finding.is_error]
    if errors:
        lines = (f"{file}: {finding.path}: {finding.message}" for finding in errors)
        raise click.ClickException("\n".join(lines))
    return read_policy(file)
