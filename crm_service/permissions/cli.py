"""The command ``crm-service permissions rebuild``."""

import click
from flask.cli import with_appcontext

from crm_service.audit import service as audit
from crm_service.controllers import assistance
from crm_service.db import driver_connection, transaction
from crm_service.permissions import history


@click.group()
def permissions() -> None:
    """Rebuild what is permitted now from the ledger."""


@permissions.command()
@click.option("--controller", "slug", required=True, help="slug of the controller")
@with_appcontext
def rebuild(slug: str) -> None:
    """Replace the projection by what the ledger says; writers of permissions wait meanwhile."""
    with transaction() as session:
        controller_id = assistance.enter(session, slug, actor="operator:permissions rebuild").id
        connection = driver_connection(session)
        count = history.rebuild(connection, controller_id)
        audit.record(
            connection,
            controller_id,
            actor="operator:permissions rebuild",
            action="permissions.rebuild",
            count=count,
        )
    click.echo(f"{slug}: {count} permissions")
