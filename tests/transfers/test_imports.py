"""Imports over HTTP: a file in, a worker that imports it, a report out."""

import io
from pathlib import Path

import pytest

from crm_service.config import Settings
from tests.contacts.register import audited
from tests.factories import Tenant
from tests.transfers import exports
from tests.transfers.files import Admin, bring, contacts, counted, permissions
from tests.transfers.uploading import FILE, ROW, done, job, report, send, work


@pytest.mark.parametrize(
    ("seed", "delimiter", "encoding"),
    [(1, ",", "utf-8-sig"), (2, ";", "utf-16"), (3, "|", "latin-1"), (4, "\t", "utf-8")],
)
def test_an_upload_is_imported_to_exactly_what_is_expected(
    settings: Settings,
    tenant: Tenant,
    other_tenant: Tenant,
    admin: Admin,
    tmp_path: Path,
    seed: int,
    delimiter: str,
    encoding: str,
) -> None:
    file = tmp_path / "export.csv"
    expected = exports.write(file, rows=900, seed=seed, delimiter=delimiter, encoding=encoding)

    import_id = done(tenant, settings, file.read_bytes())

    lines = report(tenant, import_id, delimiter)
    assert [line[-3:-1] for line in lines[1:]] == [[e.outcome, e.reason or ""] for e in expected]
    by_command = bring(other_tenant, file)
    assert lines == by_command.report
    assert permissions(admin, tenant) == permissions(admin, other_tenant)
    told = job(tenant, import_id)
    tally = by_command.result.job.tally
    assert told["counts"] == {name: tally.outcomes[name] for name in told["counts"]}
    assert (told["reasons"], told["warnings"]) == (dict(tally.reasons), dict(tally.warnings))


def test_a_job_says_where_it_is_and_how_far(settings: Settings, tenant: Tenant) -> None:
    sent = send(tenant)
    waiting = job(tenant, sent.json["id"])
    work(settings)
    ended = job(tenant, sent.json["id"])

    assert sent.status_code == 202
    assert sent.headers["Location"] == f"/v1/imports/{sent.json['id']}"
    assert (waiting["state"], waiting["percent"], waiting["next_row"]) == ("waiting", 0.0, 1)
    assert (ended["state"], ended["percent"], ended["next_row"]) == ("done", 100.0, 2)
    assert ended["counts"]["created"] == ended["rows"] == 1
    assert ended["rows_per_second"] > 0
    assert ended["notes"]["topics_created"] == ["news"]
    assert ended["file"]["bytes"] == len(FILE)
    assert [one["id"] for one in tenant.client.get("/v1/imports").json["items"]] == [ended["id"]]


def test_the_list_of_imports_is_paged_from_the_newest_on(tenant: Tenant) -> None:
    ids = [send(tenant, FILE + str(n)).json["id"] for n in range(3)]

    first = tenant.client.get("/v1/imports?limit=2").json
    second = tenant.client.get(f"/v1/imports?limit=2&cursor={first['next_cursor']}").json

    assert [one["id"] for one in (*first["items"], *second["items"])] == ids[::-1]
    assert second["next_cursor"] is None


def test_a_trial_tells_the_same_and_leaves_the_register_as_it_is(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    tried = done(tenant, settings, dry_run="true")

    assert job(tenant, tried)["dry_run"] is True
    assert counted(admin, tenant, "contacts", "topics", "events") == {
        "contacts": 0,
        "topics": 0,
        "events": 0,
    }
    imported = done(tenant, settings)
    assert report(tenant, tried) == report(tenant, imported)
    assert contacts(admin, tenant).keys() == {"mari@example.com"}


def test_a_mapping_and_modes_are_taken_in_either_spelling(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    done(tenant, settings, "E,N\na@example.com,Mari\n", mapping=["E=email", "N=first_name"])
    done(
        tenant,
        settings,
        "E;N;C\na@example.com;Kati;Tartu\n",
        mapping='{"E": "email", "N": "first_name", "C": "city"}',
        update='{"default": "overwrite", "first_name": "keep"}',
        delimiter=";",
    )

    [mari] = contacts(admin, tenant).values()
    assert (mari["first_name"], mari["city"]) == ("Mari", "Tartu")


def test_a_bare_body_takes_its_options_from_the_query(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    sent = tenant.client.post(
        "/v1/imports?mapping=E%3Demail&mapping=N%3Dfirst_name&encoding=cp1251",
        data="E,N\na@example.com,Анна\n".encode("cp1251"),
        content_type="text/csv",
    )
    work(settings)

    assert sent.status_code == 202
    assert contacts(admin, tenant)["a@example.com"]["first_name"] == "Анна"


def test_a_corrected_report_can_be_sent_in_again(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    first = done(tenant, settings, FILE + ROW.replace("mari@", "kati@@").replace("Mari", "=Kati"))
    answer = tenant.client.get(f"/v1/imports/{first}/report").data

    second = done(tenant, settings, answer.replace(b"kati@@", b"kati@"))

    assert [line[8:10] for line in report(tenant, first)[1:]] == [
        ["created", ""],
        ["rejected", "syntax"],
    ]
    assert job(tenant, second)["counts"]["created"] == 1
    assert contacts(admin, tenant)["kati@example.com"]["first_name"] == "=Kati"


def test_the_same_upload_again_is_the_same_job_and_later_changes_nothing(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    first, again = send(tenant), send(tenant)
    otherwise = send(tenant, update="keep")
    work(settings)
    later = done(tenant, settings)

    assert (again.status_code, again.json["id"]) == (202, first.json["id"])
    assert (otherwise.status_code, otherwise.json["code"]) == (409, "import_running")
    assert otherwise.json["import_id"] == first.json["id"]
    assert job(tenant, later)["counts"] == {
        "created": 0,
        "updated": 0,
        "unchanged": 1,
        "duplicate": 0,
        "rejected": 0,
    }
    assert counted(admin, tenant, "imports", "contacts") == {"imports": 2, "contacts": 1}


def test_the_file_is_gone_when_the_import_is_done(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    sent = send(tenant)
    assert counted(admin, tenant, "import_files") == {"import_files": 1}

    work(settings)

    assert counted(admin, tenant, "import_files") == {"import_files": 0}
    assert len(report(tenant, sent.json["id"])) == 2


@pytest.mark.rule(38)
def test_uploads_and_reports_are_in_the_audit_log(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    import_id = done(tenant, settings)
    report(tenant, import_id)

    [uploaded] = audited(admin, tenant, "transfers.upload_contacts")
    [imported] = audited(admin, tenant, "transfers.import_contacts")
    [read] = audited(admin, tenant, "transfers.read_report")
    assert uploaded["details"]["import"] == import_id
    assert imported["actor"] == uploaded["actor"]
    assert imported["actor"].startswith("key:")
    assert (imported["count"], read["count"]) == (1, 1)


def test_a_report_is_there_when_the_import_is_done_and_no_sooner(
    settings: Settings, tenant: Tenant, tmp_path: Path
) -> None:
    waiting = send(tenant).json["id"]
    early = tenant.client.get(f"/v1/imports/{waiting}/report")
    (tmp_path / "f.csv").write_text("email\nb@example.com\n")
    commanded = str(bring(tenant, tmp_path / "f.csv").result.job.id)
    other = tenant.client.get(f"/v1/imports/{commanded}/report")

    assert (early.status_code, early.json["code"]) == (409, "import_not_done")
    assert (other.status_code, other.json["code"]) == (404, "report_not_kept")
    assert job(tenant, commanded)["state"] == "done"


def test_a_key_needs_the_scope_of_imports(tenant: Tenant) -> None:
    reader = tenant.client_with("imports:read")

    assert send(reader).status_code == 403
    assert reader.get("/v1/imports").status_code == 200
    assert tenant.client_with("contacts:write").get("/v1/imports").status_code == 403


def test_a_file_of_many_pieces_is_what_was_sent(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    rows = [f"p{n}@example.com,{'x' * 9000} ä" for n in range(400)]
    file = "email,Notes\n" + "\n".join(rows) + "\n"

    answer = tenant.client.post(
        "/v1/imports",
        input_stream=io.BytesIO(file.encode()),
        content_type="text/csv",
        headers={"Transfer-Encoding": "chunked"},
        environ_base={"wsgi.input_terminated": True},
    )
    assert counted(admin, tenant, "import_files")["import_files"] == 4
    work(settings)

    assert job(tenant, answer.json["id"])["counts"]["created"] == 400
    assert counted(admin, tenant, "contacts") == {"contacts": 400}
