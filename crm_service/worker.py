"""The worker process: relaying events, sealing, importing uploads, making and dropping partitions.

Each duty has a thread and a connection of its own: a long seal never delays an event. A duty that
fails is begun anew with a new connection, later and later while it keeps failing; nothing is lost
meanwhile, since all that is pending is in the database.
"""

import signal
from collections.abc import Callable
from functools import partial
from threading import Event, Thread, current_thread

import psycopg
import structlog

from crm_service.app import create_app
from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, Connection, connect_options
from crm_service.duties import duty as duties
from crm_service.engagement import forgetting as engagement
from crm_service.journal.exporting import keep_journal
from crm_service.notices import chasing
from crm_service.outbox import forgetting
from crm_service.outbox.relay import run_relay
from crm_service.proofs import service as proofs
from crm_service.proofs.mailing import mail_proofs
from crm_service.retention import duty as retention
from crm_service.rights import overdue, unconfirmed
from crm_service.seals.service import SWEEP_EVERY, Sealer
from crm_service.subscriptions import duty as subscribing
from crm_service.supervising import Backoff
from crm_service.transfers import duty as uploads
from crm_service.unsubscribe import fetches
from crm_service.web import kept_answers, limits

UPKEEP_SECONDS = 3600.0
DEADLINES_SECONDS = 60.0

#: Parent, step and how far ahead. A write that finds no partition goes to the default one.
PARTITIONS = (
    ("events", "1 month", "3 months"),
    ("audit_entries", "1 month", "3 months"),
    ("engagement_events", "1 month", "3 months"),
    ("ledger_entries", "1 year", "1 year"),
)

log = structlog.get_logger()


def run(settings: Settings, stop: Event) -> None:
    """Do every duty until ``stop`` is set; return when all of them have come to rest."""
    upkeep = partial(keep_partitions, event_log_months=settings.event_log_months)
    importing = partial(uploads.work, settings=settings)
    threads = [
        Thread(target=run_relay, args=(settings, stop), name="relay"),
        Thread(target=_persist, args=(seal, settings, stop), name="sealing"),
        Thread(target=_persist, args=(watch_deadlines, settings, stop), name="deadlines"),
        Thread(target=_persist, args=(upkeep, settings, stop), name="partitions"),
        Thread(target=_persist, args=(importing, settings, stop), name="imports"),
    ]
    make_app = partial(create_app, settings)
    signing_up = partial(subscribing.work, make_app=make_app, settings=settings)
    threads.append(Thread(target=_persist, args=(signing_up, settings, stop), name="sign-ups"))
    clearing = partial(unconfirmed.work, settings=settings)
    threads.append(Thread(target=_persist, args=(clearing, settings, stop), name="unconfirmed"))
    letting_go = partial(retention.work, settings=settings)
    threads.append(Thread(target=_persist, args=(letting_go, settings, stop), name="retention"))
    counting = partial(duties.work, settings=settings)
    threads.append(Thread(target=_persist, args=(counting, settings, stop), name="duties"))
    if settings.smtp_url:
        duty = partial(mail_proofs, settings)
        threads.append(Thread(target=_persist, args=(duty, settings, stop), name="mailing"))
    if settings.journal_path is not None:
        journal = partial(keep_journal, settings.journal_path)
        threads.append(Thread(target=_persist, args=(journal, settings, stop), name="journal"))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run_until_signal(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(settings, stop)


def seal(connection: Connection, stop: Event) -> None:
    """Seal the ledger and the audit log at least every ten seconds (rule 18)."""
    sealer = Sealer(connection)
    while not stop.is_set():
        sealer.sweep(utcnow())
        stop.wait(SWEEP_EVERY.total_seconds())


def watch_deadlines(connection: Connection, stop: Event) -> None:
    """Announce within a minute what becomes overdue: requests, recipients' answers (rule 32)."""
    while not stop.is_set():
        overdue.announce(connection)
        chasing.remind(connection)
        stop.wait(DEADLINES_SECONDS)


def keep_partitions(connection: Connection, stop: Event, *, event_log_months: int = 0) -> None:
    """Create the coming months' and years' partitions and drop old months of the event log. Hourly.

    What cannot be done now, because somebody holds a lock, is tried again an hour later. What has
    had its time elsewhere is forgotten, too.
    """
    # Attaching waits for readers of the default partition, and later readers wait behind it.
    connection.execute("SET lock_timeout = '2s'")
    while not stop.is_set():
        for parent, step, ahead in PARTITIONS:
            created = connection.execute(
                "SELECT crm_create_partitions(%s::regclass, %s::interval, %s::interval)",
                (parent, step, ahead),
            ).fetchone()
            if created and created[0]:
                log.info("partitions_created", count=created[0])
        dropped = forgetting.drop_old_months(connection, months=event_log_months)
        if dropped:
            log.info("partitions_dropped", names=dropped, count=len(dropped))
        kept_answers.forget_expired(connection)
        limits.forget_drained(connection)
        proofs.forget_expired(connection)
        engagement.forget_expired(connection, stop)
        fetches.forget(connection)
        stop.wait(UPKEEP_SECONDS)


def _persist(do: Callable[[Connection, Event], None], settings: Settings, stop: Event) -> None:
    backoff = Backoff()
    while not stop.is_set():
        backoff.began()
        try:
            with psycopg.connect(
                settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
            ) as connection:
                do(connection, stop)
        except Exception:
            delay = backoff.failed()
            log.exception("duty_failed", command=current_thread().name, seconds=delay)
            stop.wait(delay)
