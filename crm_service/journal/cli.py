"""The commands ``crm-service restore status|replay|new-journal``."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import psycopg
from flask import current_app
from flask.cli import with_appcontext

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, Connection, connect_options
from crm_service.errors import ConfigurationError
from crm_service.journal import files, repository, standing
from crm_service.journal import replaying as replays
from crm_service.journal.exporting import require_journal

_PATIENCE_SECONDS = 20.0


@click.group()
def restore() -> None:
    """Bring a restored database up to what its journal says."""


@restore.command()
@with_appcontext
def status() -> None:
    """Tell whether the database knows all that its journal says; exit with 1 if it does not."""
    with _worker() as connection:
        known = standing.mark(connection)
    folder = _folder()
    if not folder.is_dir():
        raise ConfigurationError(f"JOURNAL_PATH: {folder} is no folder, and nothing was journaled")
    last = standing.check(known, folder)
    click.echo(
        f"current: {last.number if last else 0} lines written, {known.number} known; the worker "
        f"last said so {known.age:.0f} seconds ago"
    )


@restore.command()
@with_appcontext
def replay() -> None:
    """Re-apply erasures, blocks and refusals since the backup, prove them, and answer again.

    Needs web and worker neither stopped nor started: until it is done they answer 503.
    """
    with _worker() as connection:
        _take(connection)
        done = replays.replay(connection, _folder())
    for (kind, outcome), count in sorted(done.outcomes.items()):
        click.echo(f"{kind}: {count} {outcome.replace('_', ' ')}")
    covered = done.last - done.first + 1
    click.echo(
        f"{covered} lines of the journal, {done.first} to {done.last}: {done.proved} proved; "
        f"head {done.digest.hex()}"
        if covered
        else "nothing to replay: the database knows all that its journal says"
    )


@restore.command("new-journal")
@click.confirmation_option(
    prompt="Erasures and refusals that only the old journal knows will be forgotten. Begin anew?"
)
@with_appcontext
def new_journal() -> None:
    """Begin a new journal in an empty folder, where the old one is lost."""
    folder = _folder()
    require_journal(folder)
    if files.tail(folder) is not None:
        raise click.ClickException(f"{folder} holds a journal: move it away first")
    with _worker() as connection:
        _take(connection)
        repository.begin_anew(connection)
    click.echo("a new journal begins")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["crm.settings"]
    return settings


def _folder() -> Path:
    folder = _settings().journal_path
    if folder is None:
        raise ConfigurationError("JOURNAL_PATH names no folder: there is no journal")
    return folder


@contextmanager
def _worker() -> Iterator[Connection]:
    url = _settings().worker_url
    with psycopg.connect(url, autocommit=True, **connect_options(WORKER_ROLE)) as connection:
        yield connection


def _take(connection: Connection) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not repository.hold(connection):
        if time.monotonic() > deadline:
            raise click.ClickException("another process writes or replays the journal; try again")
        time.sleep(0.2)
