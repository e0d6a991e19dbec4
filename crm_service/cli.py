"""``crm-service``: every command, loaded when it is used.

All commands work on the same database: the one that ``DATABASE_URL`` names, or the embedded one in
``CRM_DATA_DIR``, which is started for the command's duration unless it runs already. What is wrong
is told in one line on standard error, with exit code 1 (2 for a mistyped command).
"""

import importlib
from contextlib import ExitStack
from typing import Any

import click
from flask.cli import ScriptInfo

from crm_service.errors import ConfigurationError, DomainError

#: Command, the module that defines it, and what the overview says about it.
COMMANDS = {
    "serve": ("commands", "Serve everything: database, web and worker."),
    "worker": ("commands", "Relay events, seal the ledger, keep partitions."),
    "migrate": ("commands", "Bring the database up to date, as its owner."),
    "keyring": ("commands", "Create the keyring."),
    "controller": ("commands", "Set up controllers."),
    "key": ("controllers.cli", "Manage the API keys of a controller."),
    "policy": ("policies.cli", "Check and activate policies."),
    "import": ("transfers.suppression_cli", "Import contacts or suppressions from a file."),
    "ledger": ("seals.cli", "Verify the sealed ledger and audit log."),
    "permissions": ("permissions.cli", "Rebuild permissions from the ledger."),
    "restore": ("journal.cli", "Bring a restored database up to its journal."),
    "mail": ("engagement.mail.cli", "Take in opt-outs by mail, bounces and complaints."),
    "retention": ("retention.cli", "Let go of what has had its time, or show it."),
    "events": ("outbox.cli", "Replay events."),
    "openapi": ("openapi", "Write or check openapi.yaml."),
}


class Commands(click.Group):
    """A group that imports a command's module when the command is used, not for the overview."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names in the order of their importance."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Return the command of that name, wherever its module keeps it."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"crm_service.{COMMANDS[cmd_name][0]}")
        defined = (value for value in vars(module).values() if isinstance(value, click.Command))
        return next((command for command in defined if command.name == cmd_name), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write the overview without loading anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what a user can put right is told in one line."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            explanation = _explain(error)
            if explanation is None:
                raise
            raise click.ClickException(explanation) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crm-service", message="%(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Contacts, their permissions and suppressions: whom you may mail, and the proof."""
    opened = ctx.with_resource(ExitStack())
    ctx.obj = ScriptInfo(create_app=lambda: _open_app(opened), set_debug_flag=False)


def _open_app(opened: ExitStack) -> Any:
    """Return the application on the database that all commands share, for the command's time."""
    from crm_service.app import create_app  # noqa: PLC0415 - the overview must be quick
    from crm_service.db import db, hot_pool  # noqa: PLC0415 - as above
    from crm_service.startup import database  # noqa: PLC0415 - as above

    app = create_app(opened.enter_context(database()))

    def close() -> None:
        hot_pool.close(app)
        with app.app_context():
            db.engine.dispose()

    opened.callback(close)
    return app


def _explain(error: Exception) -> str | None:
    """Return one line about an error that is the user's to solve, None for a defect."""
    if isinstance(error, DomainError):
        said = [f"{name}: {'; '.join(each)}" for name, each in error.errors.items()]
        return " | ".join([str(error), *(each for each in said if each not in str(error))])
    if isinstance(error, ConfigurationError):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    cause = getattr(error, "orig", error)
    if type(cause).__module__.startswith("psycopg") and _is_operational(cause):
        return f"the database cannot be used: {' '.join(str(cause).split())}"
    return None


def _is_operational(error: object) -> bool:
    return any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
