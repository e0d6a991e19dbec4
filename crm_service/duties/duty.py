"""The worker's part: looking once a minute whether something is to be counted, and the gauges."""

from threading import Event
from typing import Final

import psycopg
import structlog
from prometheus_client import Gauge

from crm_service.config import Settings
from crm_service.db import APP_ROLE, Connection, connect_options
from crm_service.duties import repository, service
from crm_service.errors import DomainError

LOOK_SECONDS: Final = 60.0

OWED: Final = Gauge(
    "crm_information_duties_open",
    "People to be told of data that did not come from them",
    multiprocess_mode="mostrecent",
)
OVERDUE: Final = Gauge(
    "crm_information_duties_overdue",
    "People who should have been told by now",
    multiprocess_mode="mostrecent",
)
DUE: Final = Gauge(
    "crm_reviews_due",
    "Contacts up for the periodic review of what is no longer needed",
    multiprocess_mode="mostrecent",
)

_CONTROLLERS = "SELECT id FROM controllers WHERE closed_at IS NULL ORDER BY slug"

log = structlog.get_logger(__name__)


def work(connection: Connection, stop: Event, *, settings: Settings) -> None:
    """Look every minute until ``stop`` is set. ``connection`` acts as the worker."""
    while not stop.is_set():
        look(connection, settings, stop)
        stop.wait(LOOK_SECONDS)


def look(connection: Connection, settings: Settings, stop: Event) -> None:
    """Count what is to be counted, each controller as the service would; set the gauges."""
    with psycopg.connect(
        settings.database_url, autocommit=True, **connect_options(APP_ROLE)
    ) as acting:
        for (controller_id,) in connection.execute(_CONTROLLERS).fetchall():
            if stop.is_set():
                return
            try:
                service.look(acting, controller_id)
            except DomainError as error:  # no policy yet
                log.debug("duties_postponed", error=type(error).__name__)
    measure(connection)


def measure(connection: Connection) -> None:
    """Set the gauges to what was counted last, of all controllers together."""
    totals = repository.totals(connection)
    owed, overdue = totals.get(service.INFORMATION, (0, 0))
    OWED.set(owed)
    OVERDUE.set(overdue)
    DUE.set(totals.get(service.REVIEW, (0, 0))[1])
