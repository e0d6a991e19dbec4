"""Imports that are interrupted, tried, or refused (decision 8: batches with their progress)."""

import os
import signal
from pathlib import Path

import pytest

from crm_service.config import Settings
from crm_service.transfers.columns import UnusableMapping
from tests.contacts.register import audited
from tests.factories import Tenant
from tests.transfers import exports
from tests.transfers.files import Admin, bring, counted, permissions
from tests.transfers.processes import (
    BATCH,
    PATIENCE,
    await_end_of_sessions,
    importing,
    wait_for_batches,
)
from tests.transfers.test_exports import REGISTER

ROWS = 3000


@pytest.mark.parametrize("batches", [1, 4, 11])
def test_a_killed_import_goes_on_where_it_was(
    settings: Settings,
    tenant: Tenant,
    other_tenant: Tenant,
    admin: Admin,
    tmp_path: Path,
    batches: int,
) -> None:
    file = tmp_path / "export.csv"
    exports.write(file, rows=ROWS, seed=batches)
    with importing(settings, tenant, file) as process:
        wait_for_batches(process, batches)
        os.kill(process.pid, signal.SIGKILL)

    resumed = bring(tenant, file, batch_rows=333)
    at_once = bring(other_tenant, file)

    assert resumed.result.started_at_row > batches * BATCH
    assert resumed.verdicts == at_once.verdicts
    assert resumed.result.job.tally == at_once.result.job.tally
    assert resumed.report == at_once.report
    # How often a term began earlier, or a contact changed, depends on how the file was cut.
    cut = {"events", "outbox", "ledger_entries"}
    same = [table for table in REGISTER if table not in cut]
    assert counted(admin, tenant, *same) == counted(admin, other_tenant, *same)
    assert permissions(admin, tenant) == permissions(admin, other_tenant)


def test_a_batch_is_there_with_its_progress_or_not_at_all(
    settings: Settings, tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    file = tmp_path / "export.csv"
    expected = exports.write(file, rows=ROWS, seed=1)
    with importing(settings, tenant, file) as process:
        wait_for_batches(process, 3)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    await_end_of_sessions(admin)

    row = admin.execute(
        "SELECT next_row, state FROM imports WHERE controller_id = %s", (tenant.controller_id,)
    ).fetchone()

    assert row is not None
    assert row[1] == "running"
    created = [e for e in expected[: row[0] - 1] if e.outcome == "created"]
    assert counted(admin, tenant, "contacts") == {"contacts": len(created)}


def test_the_same_file_read_in_another_way_is_another_import(
    settings: Settings, tenant: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "export.csv"
    exports.write(file, rows=ROWS, seed=2)
    with importing(settings, tenant, file) as process:
        wait_for_batches(process, 2)

    imported = bring(tenant, file, mapping=(("Notes", "ignore"),))

    assert imported.result.started_at_row == 1
    assert imported.result.job.tally.rows == ROWS


def test_a_dry_run_says_the_same_and_stores_nothing(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    exports.write(tmp_path / "export.csv", rows=500, seed=3)

    tried = bring(tenant, tmp_path / "export.csv", dry_run=True, batch_rows=60)

    stored = counted(admin, tenant, *REGISTER, "imports")
    assert set(stored.values()) == {0}
    [entry] = audited(admin, tenant, "transfers.try_import_contacts")
    assert entry["count"] == 500 - tried.result.job.tally.outcomes["rejected"]
    done = bring(tenant, tmp_path / "export.csv", batch_rows=60)
    assert tried.verdicts == done.verdicts
    assert tried.report == done.report
    assert tried.result.job.notes == done.result.job.notes


def test_a_lost_connection_loses_no_committed_batch(
    settings: Settings, tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    file = tmp_path / "export.csv"
    exports.write(file, rows=ROWS, seed=4)
    with importing(settings, tenant, file) as process:
        wait_for_batches(process, 2)
        admin.execute(
            "SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.granted"
        )
        assert process.wait(PATIENCE) != 0

    resumed = bring(tenant, file)

    assert resumed.result.started_at_row > 2 * BATCH
    assert resumed.result.job.tally.rows == ROWS


def test_an_unusable_file_leaves_nothing_behind(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    file = tmp_path / "f.csv"
    file.write_text("name\nMari\n")

    with pytest.raises(UnusableMapping):
        bring(tenant, file)

    assert counted(admin, tenant, "imports") == {"imports": 0}
