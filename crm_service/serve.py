"""``crm-service serve``: everything in one command, and nothing left behind when it stops.

Supervises the embedded PostgreSQL (unless ``DATABASE_URL`` names a database), the web processes and
the worker. What dies is started again. SIGTERM and SIGINT stop all of it in order: first the web
processes, which finish their requests, then the worker, then the database. A second signal changes
nothing: the first one is being obeyed.
"""

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event

import click
import psycopg
import structlog
from prometheus_client import multiprocess

from crm_service.config import Settings, data_dir, load_settings
from crm_service.embedded import EmbeddedPostgres
from crm_service.errors import ConfigurationError
from crm_service.journal.exporting import require_journal
from crm_service.migrating import migrate, resources
from crm_service.startup import (
    embedded_urls,
    ensure_keyring,
    environment,
    prepare,
    uses_embedded,
    verify_keyring,
)
from crm_service.supervising import Backoff, Child
from crm_service.web.logs import configure_logging

READY_SECONDS = 60.0
#: Longer than gunicorn's own patience with requests that are still running.
WEB_STOP_SECONDS = 25.0
WORKER_STOP_SECONDS = 15.0
TICK_SECONDS = 0.1
COUNTERS = "PROMETHEUS_MULTIPROC_DIR"

log = structlog.get_logger()


def serve(*, migrate_first: bool = True, say: Callable[[str], None] = click.echo) -> None:
    """Serve until SIGTERM or SIGINT. Raises ``ConfigurationError`` if it cannot start."""
    stop = _stop_signal()
    with ExitStack() as running:
        server = _embedded(running) if uses_embedded() else None
        settings = load_settings()
        configure_logging(settings.log_level)
        _require_free_port(settings)
        require_journal(settings.journal_path)
        if server is not None:
            running.callback(server.stop)
            server.start()
            prepare(server)
        elif migrate_first:
            migrate(settings.admin_url)
        verify_keyring(settings)
        web, worker = _children(running)
        key = _demo_key(settings) if server is not None else None
        if _await_ready(settings, web, stop):
            _greet(settings, key, say)
        _supervise(stop, web, worker, server)
        say("Stopping.")


def _stop_signal() -> Event:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _embedded(running: ExitStack) -> EmbeddedPostgres:
    server = EmbeddedPostgres(data_dir())
    ensure_keyring(server)
    running.enter_context(environment(embedded_urls(server)))
    return server


def _require_free_port(settings: Settings) -> None:
    """Say so before anything is started, instead of letting gunicorn try again and again."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): "
                "choose another PORT or HOST"
            ) from None


def _demo_key(settings: Settings) -> str | None:
    """Create the demo controller in a database without any controller; return its key."""
    with psycopg.connect(settings.admin_url) as connection:
        [found] = connection.execute("SELECT count(*) FROM controllers").fetchone() or (0,)
    if found:
        return None
    from crm_service import demo  # noqa: PLC0415 - needed once in a database's life

    return demo.create(settings)


def _children(running: ExitStack) -> tuple[Child, Child]:
    """Start worker and web; they are stopped in the reverse order of their starting."""
    counters = running.enter_context(tempfile.TemporaryDirectory(prefix="crm-metrics-"))
    running.enter_context(environment({COUNTERS: counters}))
    python = [sys.executable, "-m"]
    config = str(resources() / "deploy" / "gunicorn.conf.py")
    worker = Child("worker", [*python, "crm_service", "worker"], os.environ)
    web = Child("web", [*python, "gunicorn", "-c", config], os.environ)
    running.callback(worker.stop, WORKER_STOP_SECONDS)
    running.callback(web.stop, WEB_STOP_SECONDS)
    worker.start()
    web.start()
    return web, worker


def _await_ready(settings: Settings, web: Child, stop: Event) -> bool:
    """Wait until requests are answered; False if told to stop meanwhile."""
    deadline = time.monotonic() + READY_SECONDS
    while not stop.is_set():
        if not web.is_running or time.monotonic() > deadline:
            raise ConfigurationError("the web server does not start: see its messages above")
        if _answers(settings):
            return True
        stop.wait(0.02)
    return False


def _answers(settings: Settings) -> bool:
    """Whether a web process, not only the listening socket, answers."""
    try:
        with socket.create_connection((_reachable(settings.host), settings.port), 1) as probe:
            probe.sendall(b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return probe.recv(12).startswith(b"HTTP/1.")
    except OSError:
        return False


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound


def _greet(settings: Settings, key: str | None, say: Callable[[str], None]) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{settings.port}"
    say(f"CRM Service  {url}")
    say(f"API docs     {url}/docs")
    if key is not None:
        say(f"demo key     {key}  (controller 'demo'; shown only now)")
    say("Ctrl-C stops everything.")


def _supervise(stop: Event, web: Child, worker: Child, server: EmbeddedPostgres | None) -> None:
    backoff = Backoff()
    while not stop.wait(TICK_SECONDS):
        web.tend()
        dead = worker.tend()
        if dead is not None:
            _forget_gauges(dead)
        if server is not None and server.returncode() is not None:
            _revive(server, backoff, stop)


def _revive(server: EmbeddedPostgres, backoff: Backoff, stop: Event) -> None:
    """Start a dead database again; where it cannot start (a full disk), try later."""
    try:
        backoff.began()
        server.restart()
    except ConfigurationError as error:
        delay = backoff.failed()
        log.error("database_died", problem=str(error), seconds=delay)  # noqa: TRY400 - expected
        stop.wait(delay)


def _forget_gauges(pid: int) -> None:
    multiprocess.mark_process_dead(pid, os.environ[COUNTERS])  # type: ignore[no-untyped-call]  # untyped upstream
