"""Commands about policies: ``crm-service policy check|activate|reference``."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from crm_service.controllers import assistance
from crm_service.db import driver_connection, transaction
from crm_service.policies import checking, service
from crm_service.policies.loading import read_document, read_policy
from crm_service.policies.reference import reference as written

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
        controller = assistance.enter(session, slug, actor="operator:policy activate")
        activated = service.activate(
            driver_connection(session), controller.id, document, "operator:policy activate"
        )
    click.echo(f"{slug}: {activated.name} version {activated.version} is active")


@policy.command()
@click.option("--output", type=_FILE, default=Path("docs/policy-reference.md"), show_default=True)
@click.option("--check", "is_check", is_flag=True, help="write nothing; fail if the file differs")
def reference(output: Path, *, is_check: bool) -> None:
    """Write down everything that a policy may say, from the schema."""
    text = written()
    if not is_check:
        output.write_text(text, "utf-8")
        return
    if not output.is_file() or output.read_text("utf-8") != text:
        raise click.ClickException(
            f"{output} differs from the schema: run `crm-service policy reference`"
        )
