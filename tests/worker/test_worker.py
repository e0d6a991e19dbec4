"""The worker does each of its duties by itself, again and again, until it is told to stop."""

from dataclasses import replace
from threading import Event, Thread

import psycopg
import pytest
from psycopg.rows import TupleRow

from crm_service import worker
from crm_service.config import Settings
from crm_service.db import Connection
from crm_service.supervising import Backoff
from tests.factories import Tenant
from tests.serving.service import until

Admin = psycopg.Connection[TupleRow]


def _run(settings: Settings, stop: Event) -> Thread:
    running = Thread(target=worker.run, args=(settings, stop))
    running.start()
    return running


@pytest.mark.rule(18, 38)
def test_what_was_recorded_is_sealed_without_anybody_asking(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    stop = Event()
    running = _run(settings, stop)
    count = "SELECT count(*) FROM seals WHERE controller_id = %s AND log = 'audit'"

    try:
        sealed = until(lambda: admin.execute(count, (tenant.controller_id,)).fetchone() != (0,))
    finally:
        stop.set()
        running.join()

    assert sealed


def test_a_duty_that_fails_is_begun_anew_and_delays_no_other(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, failed, sealing = Event(), Event(), Event()

    def failing(_connection: Connection, stop: Event, **_: int) -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("a defect")
        stop.set()

    monkeypatch.setattr(worker, "keep_partitions", failing)
    monkeypatch.setattr(worker, "seal", _noting(sealing))
    running = _run(settings, stop)
    running.join()

    assert failed.is_set()
    assert sealing.is_set()


def _noting(begun: Event) -> object:
    def duty(_connection: Connection, stop: Event) -> None:
        begun.set()
        stop.wait()

    return duty


def test_an_unreachable_database_is_tried_again_until_told_to_stop(
    settings: Settings, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, failures = Event(), []

    def failed(_backoff: Backoff) -> float:
        failures.append(1)
        if len(failures) > 4:
            stop.set()
        return 0.0

    monkeypatch.setattr(Backoff, "failed", failed)
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port}/nothing"
    _run(replace(settings, worker_url=nowhere), stop).join()

    assert len(failures) > 4
