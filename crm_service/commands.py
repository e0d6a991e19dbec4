"""The commands that belong to no room: starting, migrating, and setting up."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from crm_service.config import data_dir, load_settings
from crm_service.db import transaction
from crm_service.errors import ConfigurationError
from crm_service.keyring import Keyring
from crm_service.offboarding import cli as offboarding


@click.command("serve")
@click.option("--no-migrate", is_flag=True, help="leave the database of DATABASE_URL as it is")
def serve_command(*, no_migrate: bool) -> None:
    """Serve everything until Ctrl-C: database (unless DATABASE_URL is set), web and worker."""
    from crm_service.serve import serve  # noqa: PLC0415 - only this command needs it

    serve(migrate_first=not no_migrate)


@click.command("worker")
def worker_command() -> None:
    """Relay events, seal ledger and audit log, and keep partitions, until SIGTERM."""
    from crm_service.journal.exporting import require_journal  # noqa: PLC0415 - needed here alone
    from crm_service.startup import verify_keyring  # noqa: PLC0415 - only this command needs it
    from crm_service.web.logs import configure_logging  # noqa: PLC0415 - as above
    from crm_service.worker import run_until_signal  # noqa: PLC0415 - as above

    settings = load_settings()
    configure_logging(settings.log_level)
    require_journal(settings.journal_path)
    verify_keyring(settings)
    run_until_signal(settings)


@click.command("migrate")
@click.option(
    "--create-logins",
    is_flag=True,
    help="also create the logins (and set the passwords) of DATABASE_URL and DATABASE_WORKER_URL",
)
def migrate_command(*, create_logins: bool) -> None:
    """Bring the database up to date as the owner, DATABASE_ADMIN_URL."""
    from crm_service.migrating import ensure_logins, migrate  # noqa: PLC0415 - as above
    from crm_service.startup import database, uses_embedded  # noqa: PLC0415 - as above

    with database() as settings:
        if not uses_embedded():
            migrate(settings.admin_url)
        if create_logins:
            ensure_logins(settings.admin_url, settings.database_url, settings.worker_url)
    click.echo("The database is up to date.")


@click.group("keyring")
def keyring_group() -> None:
    """Create the keyring: the secrets that live outside the database."""


@keyring_group.command("create")
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="default: CRM_DATA_DIR/keyring.json"
)
def create_keyring(path: Path | None) -> None:
    """Write a new keyring, readable by its owner alone. Back it up: it cannot be replaced."""
    from crm_service.startup import write_keyring  # noqa: PLC0415 - only this command needs it

    path = path or data_dir() / "keyring.json"
    if (data_dir() / "postgres").exists() and path.parent == data_dir():
        raise ConfigurationError(
            f"the database in {data_dir()} has a keyring of its own: restore that one"
        )
    write_keyring(path, Keyring.create())
    click.echo(f"{path}: keep a copy in a safe place, apart from the database's backups")


@click.group("controller")
def controller_group() -> None:
    """Set up controllers, the organizations that decide why data are processed."""


controller_group.add_command(offboarding.export_command)
controller_group.add_command(offboarding.verify_export_command)
controller_group.add_command(offboarding.offboard_command)


@controller_group.command("create")
@click.argument("slug")
@click.option(
    "--policy",
    "policy_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="the policy to activate",
)
@click.option("--name", help="the organization's name; the slug when not given")
@click.option("--accept-agreement", is_flag=True, help="accept the agreement that the policy names")
@with_appcontext
def create_controller(
    slug: str, *, policy_file: Path, name: str | None, accept_agreement: bool
) -> None:
    """Create a controller with its policy, and print its id."""
    from crm_service.provisioning import provision  # noqa: PLC0415 - only this command needs it

    with transaction() as session:
        controller_id = provision(
            session,
            slug=slug,
            name=name or slug,
            policy_file=policy_file,
            actor="operator:controller create",
            accept_agreement=accept_agreement,
        )
    click.echo(str(controller_id))
