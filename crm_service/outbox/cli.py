"""Commands about events: ``crm-service events replay|quarantine|unroutable|contract``."""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import psycopg
from flask import current_app
from flask.cli import with_appcontext

from crm_service.db import (
    WORKER_ROLE,
    Connection,
    connect_options,
    driver_connection,
    transaction,
)
from crm_service.errors import NotFound
from crm_service.outbox import contract, forgetting
from crm_service.outbox import replay as replaying


class Moment(click.ParamType[datetime]):
    """A time as ISO 8601 writes it; UTC where it names no zone."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the aware time."""
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no ISO 8601 time such as 2026-01-31T12:00:00Z", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


_controller = click.option("--controller", "slug", help="slug of one controller; all if not given")


@click.group()
def events() -> None:
    """Publish events again, and look after those that could not be published."""


@events.command()
@click.option("--since", type=Moment(), required=True, help="recorded at or after this time")
@click.option("--until", type=Moment(), help="recorded before this time")
@click.option("--type", "types", multiple=True, help="an event type; * is anything; repeatable")
@_controller
@with_appcontext
def replay(
    since: datetime, until: datetime | None, types: tuple[str, ...], slug: str | None
) -> None:
    """Publish the events of a time range again, with the same ids and in order."""
    with _worker() as connection:
        _warn_of_gap(connection, since)
        counts = replaying.replay(
            connection,
            since=since,
            until=until,
            patterns=types,
            controller_id=_controller_id(connection, slug),
        )
    _audit(counts, "events.replay", {"since": since.isoformat(), "types": list(types)})
    click.echo(f"{counts.total()} events go out again")


def _warn_of_gap(connection: Connection, since: datetime) -> None:
    complete = forgetting.complete_since(connection)
    if complete is not None and since < complete:
        click.echo(f"events recorded before {complete:%Y-%m-%d} are no longer kept", err=True)


@events.group()
def quarantine() -> None:
    """Events that no broker takes; each holds back the later ones of its subject."""


@quarantine.command(name="list")
@with_appcontext
def list_quarantined() -> None:
    """Print position, type, controller, since when, how many wait behind it, and the problem."""
    with _worker() as connection:
        for one in replaying.quarantined(connection):
            click.echo(
                f"{one.position}  {one.type}  {one.controller}  "
                f"{one.quarantined_at:%Y-%m-%dT%H:%M:%SZ}  holds back {one.holds_back}  "
                f"{one.problem}"
            )


@quarantine.command()
@click.argument("positions", metavar="POSITION…", type=int, nargs=-1, required=True)
@with_appcontext
def release(positions: tuple[int, ...]) -> None:
    """Try these events again, and what they hold back after them."""
    with _worker() as connection:
        released = replaying.release(connection, positions)
    missing = sorted(set(positions) - set(released))
    if missing:
        raise NotFound(f"not in quarantine: {', '.join(map(str, missing))}", code="not_quarantined")
    click.echo(f"{len(released)} released")


@events.group()
def unroutable() -> None:
    """Events that no queue was bound for."""


@unroutable.command(name="replay")
@_controller
@with_appcontext
def replay_unroutable(slug: str | None) -> None:
    """Publish them again, now that a queue is bound."""
    with _worker() as connection:
        counts = replaying.replay_unroutable(
            connection, controller_id=_controller_id(connection, slug)
        )
    _audit(counts, "events.replay", {"unroutable": True})
    click.echo(f"{counts.total()} events go out again")


@events.command(name="contract")
@click.option("--check", is_flag=True, help="write nothing; exit with 1 if anything would change")
def write_contract(*, check: bool) -> None:
    """Write asyncapi.yaml and the JSON Schema of every event type from their definitions."""
    changed = contract.outdated(Path.cwd()) if check else contract.write(Path.cwd())
    for path in changed:
        click.echo(f"{'outdated' if check else 'written'}: {path}")
    if check and changed:
        raise click.ClickException("run `crm-service events contract`")


@contextmanager
def _worker() -> Iterator[Connection]:
    settings = current_app.extensions["crm.settings"]
    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as connection:
        yield connection


def _controller_id(connection: Connection, slug: str | None) -> uuid.UUID | None:
    if slug is None:
        return None
    found = replaying.find_controller(connection, slug)
    if found is None:
        raise NotFound(f"there is no controller '{slug}'", code="unknown_controller")
    return found


def _audit(counts: Counter[uuid.UUID], action: str, details: dict[str, Any]) -> None:
    """Record that pseudonymous data went out once more, for each controller (rule 38)."""
    for controller_id, count in counts.items():
        with transaction(controller_id) as session:
            current_app.extensions["crm.audit"](
                driver_connection(session),
                controller_id,
                actor="operator:events replay",
                action=action,
                count=count,
                details=details,
            )
