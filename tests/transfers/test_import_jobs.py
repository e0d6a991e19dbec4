"""Uploads under way: stopped, killed, interrupted, refused, and rid of whoever is erased."""

import uuid
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.transfers import duty, jobs, service, upload_jobs
from tests.factories import Tenant, load_policy
from tests.transfers import exports
from tests.transfers.files import Admin, bring, counted
from tests.transfers.uploading import (
    FILE,
    ROW,
    AfterBatches,
    done,
    job,
    report,
    send,
    work,
)

ROWS = 900

pytestmark = pytest.mark.usefixtures("small_batches")


def _export(folder: Path, seed: int) -> bytes:
    exports.write(folder / "export.csv", rows=ROWS, seed=seed)
    return (folder / "export.csv").read_bytes()


def _end_sessions(admin: Admin) -> Callable[[], None]:
    """Return what ends every session that holds an import's lock, as a restart would."""

    def end() -> None:
        admin.execute(
            "SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.granted AND a.usename = 'service_login'"
        )

    return end


def test_a_stopped_worker_leaves_the_rest_to_the_next(
    settings: Settings, tenant: Tenant, other_tenant: Tenant, tmp_path: Path
) -> None:
    import_id = send(tenant, _export(tmp_path, 1)).json["id"]

    work(settings, AfterBatches(6))
    paused = job(tenant, import_id)
    work(settings)

    assert paused["state"] == "running"
    assert 100 < paused["next_row"] < ROWS
    assert 0 < paused["percent"] < 100
    assert job(tenant, import_id)["state"] == "done"
    assert report(tenant, import_id) == bring(other_tenant, tmp_path / "export.csv").report


def test_a_restarted_database_interrupts_and_nothing_is_lost_or_done_twice(
    settings: Settings, tenant: Tenant, other_tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    import_id = send(tenant, _export(tmp_path, 2)).json["id"]

    work(settings, AfterBatches(7, _end_sessions(admin)))
    interrupted = job(tenant, import_id)
    _due_again(admin, import_id)
    work(settings)

    assert interrupted["state"] == "running"
    assert 100 < interrupted["next_row"] < ROWS
    by_command = bring(other_tenant, tmp_path / "export.csv")
    assert report(tenant, import_id) == by_command.report
    assert job(tenant, import_id)["rows"] == ROWS
    same = ("contacts", "permissions", "import_files")
    assert counted(admin, tenant, *same) == counted(admin, other_tenant, *same)


def _due_again(admin: Admin, import_id: str) -> None:
    admin.execute("UPDATE imports SET due_at = now() WHERE id = %s", (import_id,))


def test_what_fails_again_and_again_ends_and_says_so(
    settings: Settings, tenant: Tenant, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = send(tenant).json["id"]

    def cut_off(*_: object, **__: object) -> None:
        raise psycopg.OperationalError

    monkeypatch.setattr(service, "import_upload", cut_off)
    for _ in range(upload_jobs.MOST_ATTEMPTS + 1):
        _due_again(admin, import_id)
        work(settings)

    failed = job(tenant, import_id)
    assert (failed["state"], failed["problem"]["code"]) == ("failed", "import_keeps_failing")
    assert tenant.client.get(f"/v1/imports/{import_id}/report").json["code"] == "import_failed"
    assert counted(admin, tenant, "import_files") == {"import_files": 0}


def test_a_defect_ends_the_import_without_a_word_of_its_data(
    settings: Settings, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = send(tenant).json["id"]

    def defective(*_: object, **__: object) -> None:
        raise ValueError("mari@example.com")

    monkeypatch.setattr(service, "import_upload", defective)
    work(settings)

    problem = job(tenant, import_id)["problem"]
    assert problem["code"] == "internal_error"
    assert "mari" not in problem["detail"]


def test_a_policy_that_no_longer_fits_fails_the_job_with_its_code(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    import_id = send(tenant, FILE.replace("First Name", "Notes"), mapping="Notes=notes").json["id"]
    narrower = load_policy() | {"contact_fields": ["email", "first_name"]}
    admin.execute(
        "INSERT INTO policy_versions (id, controller_id, version, name, document, sha256,"
        " activated_at, activated_by) VALUES (%s, %s, 2, 'narrower', %s, '', now(), 'operator')",
        (uuid.uuid4(), tenant.controller_id, psycopg.types.json.Jsonb(narrower)),
    )

    work(settings)

    problem = job(tenant, import_id)["problem"]
    assert problem["code"] == "invalid_mapping"
    assert "Notes" not in problem["detail"]


def test_one_worker_imports_a_file_and_the_others_pass_on(
    settings: Settings, tenant: Tenant
) -> None:
    ids = [send(tenant, FILE + ROW.replace("mari", f"m{n}")).json["id"] for n in range(6)]

    workers = [Thread(target=work, args=(settings,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [job(tenant, one)["state"] for one in ids] == ["done"] * 6
    assert sum(job(tenant, one)["counts"]["created"] for one in ids) == 7


def test_a_file_that_a_command_imports_waits_or_is_refused(
    settings: Settings, tenant: Tenant, tmp_path: Path
) -> None:
    import_id = send(tenant).json["id"]
    sha256 = upload_jobs_sha(tenant, import_id)
    with (
        service.connect(settings) as connection,
        jobs.exclusively(connection, tenant.controller_id, sha256),
    ):
        work(settings)
        waiting = job(tenant, import_id)["state"]
    work(settings)
    (tmp_path / "f.csv").write_text(FILE, newline="")

    assert waiting == "waiting"
    assert job(tenant, import_id)["state"] == "done"
    with (
        service.connect(settings) as connection,
        jobs.exclusively(connection, tenant.controller_id, sha256),
    ):
        refused = send(tenant)
    assert (refused.status_code, refused.json["code"]) == (409, "import_running")


def upload_jobs_sha(tenant: Tenant, import_id: str) -> bytes:
    return bytes.fromhex(job(tenant, import_id)["file"]["sha256"])


def test_what_was_broken_off_or_is_over_is_forgotten(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    two = FILE + ROW.replace("mari", "kati")
    over, kept = done(tenant, settings, FILE), done(tenant, settings, two)
    orphan = uuid.uuid4()
    _old_piece(admin, tenant, orphan)
    admin.execute(
        "UPDATE imports SET finished_at = now() - interval '8 days' WHERE id = %s", (over,)
    )

    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as connection:
        duty.forget(connection)

    gone = tenant.client.get(f"/v1/imports/{over}/report")
    assert (gone.status_code, gone.json["code"]) == (404, "report_not_kept")
    assert len(report(tenant, kept)) == 3
    assert counted(admin, tenant, "import_files") == {"import_files": 0}


def _old_piece(admin: Admin, tenant: Tenant, import_id: uuid.UUID) -> None:
    admin.execute(
        "INSERT INTO import_files (controller_id, import_id, number, content, created_at)"
        " VALUES (%s, %s, 0, '', now() - interval '2 hours')",
        (tenant.controller_id, import_id),
    )


def test_the_worker_itself_can_read_no_file_and_no_report(settings: Settings) -> None:
    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as connection:
        for table in ("import_files", "import_reports"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT content FROM {table}")  # noqa: S608 - our names
