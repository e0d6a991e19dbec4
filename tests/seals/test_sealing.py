from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, Thread

import psycopg
import pytest
from prometheus_client import REGISTRY
from psycopg.errors import UniqueViolation

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.db import APP_ROLE, WORKER_ROLE, Connection, connect_options
from crm_service.seals.digests import GENESIS
from crm_service.seals.service import Sealer, TransactionIdsBehind, seal_pending
from tests.seals.logbook import Logbook

pytestmark = pytest.mark.rule(18)


def test_new_entries_come_under_one_seal_and_the_next_under_another(logbook: Logbook) -> None:
    logbook.grant(3)
    logbook.seal()

    logbook.grant(2)
    logbook.seal()

    assert logbook.seals() == [(1, 3), (2, 2)]
    assert logbook.kinds() == []


def test_the_first_seal_follows_nothing_and_each_other_the_one_before(logbook: Logbook) -> None:
    for _ in range(3):
        logbook.grant()
        logbook.seal()

    chain = logbook.owner.execute(
        "SELECT previous_digest, digest FROM seals WHERE controller_id = %s ORDER BY number",
        (logbook.controller_id,),
    ).fetchall()

    assert [previous for previous, _ in chain] == [GENESIS, chain[0][1], chain[1][1]]


@pytest.mark.rule(38)
def test_the_audit_log_has_a_chain_of_its_own(logbook: Logbook) -> None:
    logbook.grant()
    logbook.access(4)

    logbook.seal()

    assert (logbook.seals("ledger"), logbook.seals("audit")) == ([(1, 1)], [(1, 4)])
    assert logbook.kinds("audit") == []


@pytest.mark.rule(36)
def test_each_controller_has_chains_of_its_own(logbook: Logbook, other_logbook: Logbook) -> None:
    logbook.grant(2)
    other_logbook.grant(5)

    logbook.seal()

    assert (logbook.seals(), other_logbook.seals()) == ([(1, 2)], [(1, 5)])


def test_where_nothing_was_written_nothing_is_sealed(logbook: Logbook) -> None:
    logbook.seal()

    again = logbook.seal()

    assert (again.seals, again.entries) == (0, 0)
    assert logbook.seals() == []


def test_many_entries_are_sealed_in_bounded_batches(logbook: Logbook) -> None:
    logbook.grant(7_000)

    logbook.seal(batch=3_000)

    assert logbook.seals() == [(1, 3_000), (2, 3_000), (3, 1_000)]
    assert logbook.kinds() == []


def test_transactions_are_ordered_by_their_number_and_not_by_how_it_is_written(
    logbook: Logbook,
) -> None:
    for entry, xid in zip(logbook.grant(3), ("100", "9", "10"), strict=True):
        statement = "UPDATE ledger_entries SET xid = %s::text::xid8 WHERE id = %s"
        logbook.tamper(statement, xid, entry)

    logbook.seal(batch=1)
    order = logbook.owner.execute(
        "SELECT up_to_xid::text FROM seals WHERE controller_id = %s ORDER BY number",
        (logbook.controller_id,),
    ).fetchall()

    assert [xid for (xid,) in order] == ["9", "10", "100"]
    assert logbook.kinds() == []


def test_an_entry_rolled_back_is_never_sealed(logbook: Logbook) -> None:
    with pytest.raises(InterruptedError):
        grant_and_fail(logbook)

    logbook.grant()
    logbook.seal()

    assert logbook.seals() == [(1, 1)]
    assert logbook.kinds() == []


def test_what_commits_late_is_neither_skipped_nor_sealed_twice(
    logbook: Logbook, settings: Settings
) -> None:
    with another_service(settings) as late:
        late_book = Logbook(logbook.controller_id, "", late, logbook.worker, logbook.owner)
        with late_book.writing():
            late_book.grant()
            logbook.grant(2)
            meanwhile = Sealer(logbook.worker).sweep(utcnow())
        logbook.seal()

    assert meanwhile.held_back_since is not None
    assert logbook.seals() == [(1, 3)]
    assert logbook.kinds() == []


def test_a_transaction_that_stays_open_is_seen_in_the_metrics(
    logbook: Logbook, settings: Settings
) -> None:
    with another_service(settings) as late, late.transaction():
        late.execute("SELECT pg_current_xact_id()")
        logbook.grant()
        Sealer(logbook.worker).sweep(utcnow())
        held = REGISTRY.get_sample_value("crm_seal_held_back_seconds")

    logbook.seal()

    assert held is not None
    assert held > 0
    assert REGISTRY.get_sample_value("crm_seal_held_back_seconds") == 0


def test_a_sealer_finds_what_is_written_between_its_sweeps(logbook: Logbook) -> None:
    sealer = Sealer(logbook.worker)
    for _ in range(2):
        logbook.grant()
        while sealer.sweep(utcnow()).held_back_since:
            continue

    idle = sealer.sweep(utcnow())

    assert (idle.seals, len(logbook.seals())) == (0, 2)


def test_two_sealers_at_once_make_one_chain(logbook: Logbook, settings: Settings) -> None:
    logbook.grant(4_000)
    gate = Barrier(4)

    threads = [Thread(target=seal_at, args=(settings, gate)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    logbook.seal()

    assert sum(entries for _, entries in logbook.seals()) == 4_000
    assert logbook.kinds() == []


def test_a_chain_that_another_sealer_holds_is_left_to_it(
    logbook: Logbook, settings: Settings
) -> None:
    logbook.grant()
    lock = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"

    with another_service(settings) as holder, holder.transaction():
        holder.execute(lock, (f"seals:ledger:{logbook.controller_id}",))
        busy = Sealer(logbook.worker).sweep(utcnow())
        while busy.held_back_since:
            busy = Sealer(logbook.worker).sweep(utcnow())
    logbook.seal()

    assert (busy.complete, logbook.seals()) == (False, [(1, 1)])


def test_the_database_itself_refuses_a_fork(logbook: Logbook) -> None:
    logbook.grant()
    logbook.seal()
    fork = "INSERT INTO seals SELECT * FROM seals WHERE controller_id = %s"

    with pytest.raises(UniqueViolation):
        logbook.worker.execute(fork, (logbook.controller_id,))

    assert logbook.seals() == [(1, 1)]


def test_sealing_stops_loudly_where_the_cluster_is_younger_than_its_seals(
    logbook: Logbook,
) -> None:
    logbook.grant()
    logbook.seal()
    logbook.tamper(
        "UPDATE seals SET up_to_xid = '9000000000' WHERE controller_id = %s", logbook.controller_id
    )

    try:
        with pytest.raises(TransactionIdsBehind, match="After a logical restore"):
            seal_pending(logbook.worker, utcnow())
    finally:
        logbook.tamper("DELETE FROM seals WHERE controller_id = %s", logbook.controller_id)

    assert logbook.seals() == []


def grant_and_fail(logbook: Logbook) -> None:
    """Write entries in a transaction that then fails."""
    with logbook.writing():
        logbook.grant(2)
        raise InterruptedError


@contextmanager
def another_service(settings: Settings) -> Iterator[Connection]:
    """A second connection of the service."""
    options = connect_options(APP_ROLE)
    with psycopg.connect(settings.database_url, autocommit=True, **options) as connection:
        yield connection


def seal_at(settings: Settings, gate: Barrier) -> None:
    """Seal in small batches over a connection of its own as soon as everybody is ready."""
    options = connect_options(WORKER_ROLE)
    with psycopg.connect(settings.worker_url, autocommit=True, **options) as connection:
        gate.wait()
        Sealer(connection, batch=250).sweep(utcnow())
