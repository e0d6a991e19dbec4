"""``crm-service import contacts``: what is said, and with which exit code."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crm_service.cli import main
from crm_service.config import Settings
from tests.factories import Tenant, make_tenant
from tests.transfers import exports
from tests.transfers.files import CONSENT, Admin, contacts, counted, write

Run = Callable[..., Result]
MARI = {"Email": "mari@example.com", "First Name": "Mari"}


@pytest.fixture
def run(settings: Settings, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``crm-service import contacts`` for the tenant, as an operator does."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("KEYRING", settings.keyring.to_json())
    monkeypatch.setenv("LOG_LEVEL", "WARNING")

    def invoke(file: Path, *words: str | Path, slug: str = tenant.slug) -> Result:
        arguments = ["import", "contacts", str(file), "--controller", slug, *map(str, words)]
        return CliRunner().invoke(main, arguments)

    return invoke


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_it_ends_with_the_totals_and_names_what_was_left_out(run: Run, tmp_path: Path) -> None:
    expected = exports.write(tmp_path / "e.csv", rows=400, seed=6)
    totals = {name: sum(e.outcome == name for e in expected) for name in ("created", "duplicate")}

    result = run(tmp_path / "e.csv")

    assert result.exit_code == 0, result.output
    rejected = 400 - sum(totals.values())
    assert result.stdout.splitlines()[-1] == (
        f"400 rows: {totals['created']} created, 0 updated, 0 unchanged, "
        f"{totals['duplicate']} duplicate, {rejected} rejected"
    )
    assert "topics created: events, news, offers, training\n" in result.stdout
    assert "evidence_missing" in result.stdout
    assert "add --report FILE" in result.stdout
    assert "\x1b" not in result.output


@pytest.mark.rule(9)
def test_a_corrected_report_is_imported_again(
    run: Run, tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    rows = [
        {**MARI, "Notes": "=1+1", "Phone": "+372 5123 4567"},
        {"Email": "jaan(at)example.com", "Notes": "-2\n'+3"},
    ]
    report = tmp_path / "report.csv"
    first = run(write(tmp_path / "f.csv", *rows), "--report", report)
    assert first.exit_code == 0, first.output
    told = read(report)
    assert not [cell for row in told for cell in row if cell[:1] in {"=", "+", "-", "@"}]
    report.write_text(report.read_text("utf-8-sig").replace("(at)", "@"), "utf-8")

    again = run(report, "--report", tmp_path / "again.csv")

    assert again.exit_code == 0, again.output
    assert [row[-4:] for row in told[1:]] == [
        ["1", "created", "", ""],
        ["2", "rejected", "syntax", ""],
    ]
    assert [row[-4:-2] for row in read(tmp_path / "again.csv")[1:]] == [
        ["1", "unchanged"],
        ["2", "created"],
    ]
    assert read(tmp_path / "again.csv")[0] == told[0]
    stored = contacts(admin, tenant)
    assert [stored[email]["notes"] for email in sorted(stored)] == ["-2\n'+3", "=1+1"]


def test_every_row_of_a_broken_file_is_in_the_report(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text(
        'Email,Notes\na@example.com,"open\nb@example.com\nc@example.com,x,y\nd@example.com,\0\n'
    )

    result = run(file, "--report", tmp_path / "report.csv")

    assert result.exit_code == 0, result.output
    assert read(tmp_path / "report.csv")[1:] == [
        ['a@example.com,"open', "", "1", "rejected", "quotes", ""],
        ["b@example.com", "", "2", "rejected", "columns", ""],
        ["c@example.com", "x,y", "3", "rejected", "columns", ""],
        ["d@example.com", "\ufffd", "4", "rejected", "nul", ""],
    ]


def test_a_dry_run_says_so(run: Run, tenant: Tenant, admin: Admin, tmp_path: Path) -> None:
    file = write(tmp_path / "f.csv", {**MARI, "Topics": "news", **CONSENT})

    result = run(file, "--dry-run", "--report", tmp_path / "report.csv")

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("dry run, nothing stored: 1 rows: 1 created")
    assert "topics to be created: news" in result.stdout
    assert read(tmp_path / "report.csv")[1][-3] == "created"
    assert counted(admin, tenant, "contacts", "topics") == {"contacts": 0, "topics": 0}


def test_mapping_delimiter_encoding_and_update_can_be_told(
    run: Run, tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes("Адрес:Имя\nmari@example.com:Маша\n".encode("cp1251"))
    told = ["--encoding", "cp1251", "--delimiter", ":", "--mapping", "Адрес=email"]

    result = run(file, *told, "--mapping", "Имя=first_name", "--update", "first_name=keep")

    assert result.exit_code == 0, result.output
    assert contacts(admin, tenant)["mari@example.com"]["first_name"] == "Маша"


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (None, [], "cannot be read: No such file"),
        ("", [], "the file is empty"),
        ("a,b\n1,2\n", [], "no column holds e-mail addresses"),
        ("email\n", [], "a header and no row"),
        ("email\na@example.com\n", ["--mapping", "nope=phone"], "no column 'nope'"),
        ("email\na@example.com\n", ["--update", "never"], "no update mode 'never'"),
        ("email\na@example.com\n", ["--encoding", "klingon"], "no encoding called 'klingon'"),
    ],
)
def test_a_file_that_cannot_be_imported_is_one_line_and_exit_code_1(
    run: Run, tmp_path: Path, content: str | None, words: list[str], said: str
) -> None:
    file = tmp_path / "f.csv"
    if content is not None:
        file.write_text(content)

    result = run(file, *words)

    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert said in line
    assert result.stdout == ""


def test_an_unknown_controller_is_exit_code_1(run: Run, tmp_path: Path) -> None:
    result = run(write(tmp_path / "f.csv", MARI), slug="nobody")

    assert result.exit_code == 1
    assert result.stderr == "Error: there is no controller 'nobody'\n"


def test_a_report_never_takes_the_place_of_the_file(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "f.csv", MARI)
    before = file.read_bytes()

    result = run(file, "--report", file)

    assert result.exit_code == 2
    assert "must not be the imported file" in result.stderr
    assert file.read_bytes() == before


def test_a_report_that_cannot_be_written_is_found_out_before_the_work(
    run: Run, tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    result = run(write(tmp_path / "f.csv", MARI), "--report", tmp_path / "none" / "report.csv")

    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert contacts(admin, tenant) == {}


def test_a_failed_import_leaves_no_half_report(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("a,b\n1,2\n")

    run(file, "--report", tmp_path / "report.csv")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.csv"]


@pytest.mark.clause("ee-07")
def test_an_agreement_to_accept_is_said(run: Run, tenant: Tenant, tmp_path: Path) -> None:
    waiting = make_tenant(tenant.app, accept_agreement=False)

    result = run(write(tmp_path / "f.csv", MARI), slug=waiting.slug)

    assert result.exit_code == 1
    assert "accept it first" in result.stderr
