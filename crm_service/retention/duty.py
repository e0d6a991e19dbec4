"""The worker's part: terms end without anybody having to think of it.

Every night by the controller's own clock it does everything; every hour what is to be discarded at
once (clause se-06).
"""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from threading import Event
from typing import Final
from zoneinfo import ZoneInfo

import psycopg
import structlog

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.db import APP_ROLE, Connection, connect_options
from crm_service.errors import DomainError
from crm_service.keyring import Keyring
from crm_service.retention import service
from crm_service.retention.steps import Run, Step

LOOK_SECONDS: Final = 3600.0
#: When the night's pass begins, by the controller's clock.
NIGHT: Final = 3
#: A person who came in with a wrong date can be put right this long.
GRACE: Final = timedelta(days=1)
ACTOR: Final = "worker"

_CONTROLLERS = "SELECT id, slug FROM controllers ORDER BY slug"
#: Another worker that does the same controller right now is left to it.
_ALONE = "SELECT pg_try_advisory_lock(hashtextextended('crm retention ' || %s, 0))"

log = structlog.get_logger(__name__)


class Nights:
    """Which night's pass of which controller is done; none of a night that began before us."""

    def __init__(self, began_at: datetime) -> None:
        self._began_at = began_at
        self._done: dict[uuid.UUID, date] = {}

    def is_due(self, run: Run) -> bool:
        """Tell whether the night's pass is still to be made."""
        return _night(run, run.now) > self._done.get(run.controller_id, _night(run, self._began_at))

    def done(self, run: Run) -> None:
        """Note that it is made."""
        self._done[run.controller_id] = _night(run, run.now)


def _night(run: Run, moment: datetime) -> date:
    local = moment.astimezone(ZoneInfo(run.policy.timezone))
    return (local - timedelta(hours=NIGHT)).date()


def controllers(connection: Connection) -> list[tuple[uuid.UUID, str]]:
    """Return every controller with its slug, as the worker."""
    return [(row[0], row[1]) for row in connection.execute(_CONTROLLERS)]


def work(connection: Connection, stop: Event, *, settings: Settings) -> None:
    """Look every hour until ``stop`` is set. ``connection`` acts as the worker."""
    nights = Nights(utcnow())
    while not stop.wait(LOOK_SECONDS):
        look(connection, settings, nights, stop)


def look(connection: Connection, settings: Settings, nights: Nights, stop: Event) -> None:
    """Do what is due now, controller by controller, each as the service and on its own."""
    for controller_id, _ in controllers(connection):
        if stop.is_set():
            return
        try:
            with psycopg.connect(
                settings.database_url, autocommit=True, **connect_options(APP_ROLE, keyed=True)
            ) as acting:
                _attempt(acting, controller_id, settings.keyring, nights, stop.is_set)
        except (psycopg.Error, DomainError) as error:
            log.warning("retention_postponed", error=type(error).__name__)


def _attempt(
    connection: Connection,
    controller_id: uuid.UUID,
    keyring: Keyring,
    nights: Nights,
    is_over: Callable[[], bool],
) -> None:
    alone = connection.execute(_ALONE, (str(controller_id),)).fetchone()
    if not (alone and alone[0]):
        return
    grace = utcnow() - GRACE
    run = service.prepare(
        connection, controller_id, actor=ACTOR, created_before=grace, keyring=keyring
    )
    if not nights.is_due(run):
        service.execute(connection, run, wanted=_is_at_once, is_over=is_over)
        return
    summary = service.execute(connection, run, is_over=is_over)
    nights.done(run)
    if summary.due:
        log.info("retention_done", count=summary.done.total(), held=summary.held.total())


def _is_at_once(step: Step) -> bool:
    return step.at_once
