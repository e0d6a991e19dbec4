"""Uploads under way: stopped, killed, interrupted, refused, and rid of whoever is erased."""

import uuid
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options, driver_connection, transaction
from crm_service.rights import service as rights
from crm_service.transfers import duty, jobs, service, upload_jobs
from crm_service.transfers.ordering import Request
from tests.factories import Tenant, load_policy
from tests.transfers import exports
from tests.transfers.files import Admin, bring, contacts, counted
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


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of a hundred rows, so that a small file has many."""
    of = Request.of.__func__  # type: ignore[attr-defined]  # the function of a class method

    def smaller(cls: type, *facts: object) -> object:
        request = of(cls, *facts)
        object.__setattr__(request, "batch_rows", 100)
        return request

    monkeypatch.setattr(Request, "of", classmethod(smaller))


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


KATI = ROW.replace("mari", "kati").replace("Mari", "Kati")
NAMED = (
    "Email,First Name,Notes\nmari@example.com,Mari,\n"
    "kati@example.com,Kati,wife of mari@example.com\njaan@example.com,Jaan,\n"
)


@pytest.mark.rule(33, 34)
def test_whoever_is_erased_leaves_every_report(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    import_id = done(tenant, settings, NAMED)
    mari = contacts(admin, tenant)["mari@example.com"]["id"]

    assert tenant.client.delete(f"/v1/contacts/{mari}").status_code == 204

    lines = report(tenant, import_id)[1:]
    assert lines == [
        ["", "", "", "1", "created", "", ""],
        ["", "", "", "2", "created", "", ""],
        ["jaan@example.com", "Jaan", "", "3", "created", "", ""],
    ]


@pytest.mark.rule(33, 34)
def test_an_export_of_a_person_has_the_lines_that_name_them(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    import_id = done(tenant, settings, NAMED)
    mari = uuid.UUID(contacts(admin, tenant)["mari@example.com"]["id"])

    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        connection = driver_connection(session)
        held = rights.export_contact(connection, tenant.controller_id, mari, actor="operator:test")

    [lines] = [rows for tables, rows in held.items() if "import_reports" in tables]
    assert [one["row"] for one in lines] == [1, 2]
    assert {str(one["import_id"]) for one in lines} == {import_id}
    assert lines[0]["cells"] == ["mari@example.com", "Mari", ""]


@pytest.mark.rule(33)
def test_whoever_is_erased_while_their_file_waits_does_not_come_back(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    done(tenant, settings, FILE)
    mari = contacts(admin, tenant)["mari@example.com"]["id"]
    import_id = send(tenant, FILE + KATI + ROW.upper()).json["id"]

    assert tenant.client.delete(f"/v1/contacts/{mari}").status_code == 204
    work(settings)

    assert contacts(admin, tenant).keys() == {"kati@example.com"}
    lines = report(tenant, import_id)[1:]
    assert [line[-3:-1] for line in lines] == [
        ["rejected", "erased"],
        ["created", ""],
        ["rejected", "erased"],
    ]
    assert {cell for line in (lines[0], lines[2]) for cell in line[:-4]} == {""}
    assert counted(admin, tenant, "import_erasures", "import_files") == {
        "import_erasures": 0,
        "import_files": 0,
    }


@pytest.mark.rule(33)
def test_whoever_is_erased_in_the_midst_of_an_import_does_not_come_back(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    file = "email\n" + "".join(f"p{n}@example.com\n" for n in range(500)) + "p5@example.com\n"
    import_id = send(tenant, file).json["id"]

    def erase() -> None:
        p5 = contacts(admin, tenant)["p5@example.com"]["id"]
        assert tenant.client.delete(f"/v1/contacts/{p5}").status_code == 204

    work(settings, AfterBatches(5, erase))
    work(settings)

    assert job(tenant, import_id)["reasons"] == {"erased": 1}
    assert "p5@example.com" not in contacts(admin, tenant)
    assert not [line for line in report(tenant, import_id) if line[0] == "p5@example.com"]


def test_what_was_broken_off_or_is_over_is_forgotten(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    over, kept = done(tenant, settings, FILE), done(tenant, settings, FILE + KATI)
    waits = send(tenant, KATI + FILE + KATI, mapping=[]).status_code
    orphan = uuid.uuid4()
    _old_piece(admin, tenant, orphan)
    admin.execute(
        "UPDATE imports SET finished_at = now() - interval '8 days' WHERE id = %s", (over,)
    )

    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as connection:
        duty.forget(connection)

    assert waits == 422
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
