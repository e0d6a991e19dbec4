"""Moving committed events from the outbox to the broker: at least once, in order per subject.

One relay is active (a session advisory lock); others stand by and take over within half a second.
It polls: ``NOTIFY`` would serialize all commits. An outage or a crash at any moment loses nothing
and reorders nothing; it may publish again, with the same ``message_id`` (rule 26).
"""

import threading
from typing import Any

import psycopg
import structlog

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, Connection, connect_options
from crm_service.outbox import metrics
from crm_service.outbox.active import Relay
from crm_service.outbox.brokers import pause
from crm_service.outbox.gauges import Gauges
from crm_service.outbox.publisher import Publisher

#: Advisory lock of the active relay: this number and the partition's.
RELAY_LOCK = 7301
PARTITION = 0

STANDBY_SECONDS = 0.5

#: A crash may undo the last deletions: they are only published again. In exchange, the relay never
#: waits for the disk. A dead network is noticed within seconds.
_SESSION = (
    "SET synchronous_commit = off; SET statement_timeout = '30s'; SET lock_timeout = '10s'; "
    "SET jit = off"
)
_TCP: dict[str, Any] = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}

log = structlog.get_logger(__name__)


def run_relay(settings: Settings, stop: threading.Event) -> None:
    """Relay until ``stop`` is set, whatever happens to the database or the broker meanwhile.

    Without a broker's URL, events wait in the outbox and only the gauges are kept.
    """
    relay: Relay | None = None
    gauges = Gauges()
    failures = 0
    while not stop.is_set():
        try:
            with _session(settings) as connection:
                if _stand_by(connection, gauges, stop, publishes=bool(settings.amqp_urls)):
                    failures = 0
                    relay = relay or _started(settings)
                    _run(relay, connection, gauges, stop)
        except Exception:
            failures += 1
            log.exception("relay_interrupted")
            relay = _salvaged(relay)
            stop.wait(pause(failures))
        finally:
            metrics.ACTIVE.set(0)
    if relay:
        relay.close()


def _salvaged(relay: Relay | None) -> Relay | None:
    """Return the relay without what is not out, or None where its publisher died."""
    if relay is None:
        return None
    if not relay.alive:
        relay.close()
        return None
    relay.detach()
    return relay


def _session(settings: Settings) -> Connection:
    connection: Connection = psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE), **_TCP
    )
    return connection


def _stand_by(
    connection: Connection, gauges: Gauges, stop: threading.Event, *, publishes: bool
) -> bool:
    """Return True once this session is the active relay's, False when it is time to stop."""
    connection.execute(_SESSION)
    while not stop.is_set():
        if publishes and _try_lock(connection):
            return True
        gauges.measure(connection)
        stop.wait(STANDBY_SECONDS)
    return False


def _try_lock(connection: Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (RELAY_LOCK, PARTITION))
    return bool((row.fetchone() or [False])[0])


def _started(settings: Settings) -> Relay:
    publisher = Publisher(settings.amqp_urls)
    publisher.start()
    return Relay(publisher)


def _run(relay: Relay, connection: Connection, gauges: Gauges, stop: threading.Event) -> None:
    log.info("relay_active")
    metrics.ACTIVE.set(1)
    while not stop.is_set():
        if not relay.alive:
            raise RuntimeError("the publisher died")
        more = relay.cycle(connection)
        gauges.measure(connection)
        relay.wait(stop, more=more)
    relay.close()
    relay.settle(connection)
