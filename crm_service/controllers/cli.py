"""Commands about keys: ``crm-service key create|list|revoke``."""

import uuid
from datetime import datetime

import click
from flask.cli import with_appcontext

from crm_service.controllers import assistance, service
from crm_service.db import transaction
from crm_service.errors import DomainError
from crm_service.web.principal import CLIENT_MANAGER_SCOPES, SCOPES

_controller = click.option("--controller", "slug", required=True, help="slug of the controller")


@click.group()
def key() -> None:
    """Manage the API keys of a controller."""


@key.command()
@_controller
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="repeatable")
@click.option("--browser", is_flag=True, help="for a web form: signs people up, and no more")
@click.option("--origin", "origins", multiple=True, help="with --browser: https://… ; repeatable")
@click.option("--client-manager", metavar="NAME", help="sees the contacts assigned to NAME alone")
@click.option("--name", default="command line", show_default=True, help="what the key is for")
@click.option("--expires-at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), default=None)
@with_appcontext
def create(
    slug: str,
    scopes: tuple[str, ...],
    name: str,
    expires_at: datetime | None,
    origins: tuple[str, ...],
    client_manager: str | None,
    *,
    browser: bool,
) -> None:
    """Print a new key, alone, on standard output. Without --scope it has every scope."""
    if origins and not browser:
        raise click.UsageError("--origin is for --browser")
    if browser:
        scopes = scopes or (service.BROWSER_SCOPE,)
    if client_manager is not None:
        scopes = scopes or CLIENT_MANAGER_SCOPES
    try:
        with transaction() as session:
            controller = assistance.enter_for_keys(session, slug, actor="operator:key create")
            plaintext = service.issue_key(
                session,
                controller.id,
                name=name,
                actor="operator:key create",
                scopes=scopes or SCOPES,
                expires_at=expires_at,
                origins=origins if browser else None,
                client_manager=client_manager,
            )
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(plaintext)


@key.command(name="list")
@_controller
@with_appcontext
def list_keys(slug: str) -> None:
    """Print the keys of a controller: id, prefix, state, name and scopes."""
    try:
        with transaction() as session:
            controller = assistance.enter_for_keys(session, slug, actor="operator:key list")
            for found in service.list_keys(session, controller.id, limit=10_000):
                state = "revoked" if found.revoked_at else "active"
                scopes = ",".join(found.scopes)
                click.echo(f"{found.id}  {found.prefix}  {state:7}  {found.name}  {scopes}")
    except DomainError as error:
        raise click.ClickException(str(error)) from None


@key.command()
@_controller
@click.argument("key_id", type=click.UUID)
@with_appcontext
def revoke(slug: str, key_id: uuid.UUID) -> None:
    """Revoke a key, effective at once."""
    try:
        with transaction() as session:
            controller = assistance.enter_for_keys(session, slug, actor="operator:key revoke")
            service.revoke_key(session, controller.id, key_id, actor="operator:key revoke")
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo("revoked")
