import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo

from crm_service.transfers import suppression_cli
from tests.factories import Tenant
from tests.transfers.suppression_lists import Admin, Lists, blocks, make_topic, said


def run(tenant: Tenant, *arguments: object) -> Result:
    named = [*map(str, arguments), "--controller", tenant.slug]
    return CliRunner().invoke(
        suppression_cli.suppressions, named, obj=ScriptInfo(create_app=lambda: tenant.app)
    )


def test_a_list_is_imported_and_the_totals_are_told(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    file = tmp_path / "suppression_bounces.csv"
    file.write_text(
        "status,reason,email,created\n5.1.1,x,ann@example.com,1709209805\n4.4.1,x,nobody,1\n"
    )

    result = run(tenant, file)

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "read as: sendgrid-bounces",
        "dates that could not be read, now taken instead: 1",
        "rejected: 1 invalid_address",
        "add --report FILE for the outcome of every row",
        "2 rows: 1 added, 0 unchanged, 0 ignored, 1 rejected",
    ]
    assert said(blocks(admin, tenant)) == [("all", "hard_bounce", "sendgrid bounces")]


def test_options_are_for_rows_that_state_none_and_a_dry_run_stores_nothing(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    make_topic(tenant)
    file = tmp_path / "list.txt"
    file.write_text("ann@example.com\n")

    dry = run(tenant, file, "--topic", "news", "--reason", "complaint", "--dry-run")
    before = blocks(admin, tenant)
    run(tenant, file, "--topic", "news", "--reason", "complaint")

    assert "dry run, nothing stored: 1 rows: 1 added" in dry.output
    assert (before, said(blocks(admin, tenant))) == ([], [("topic", "complaint", "list")])


def test_the_report_has_every_row_and_can_be_corrected_and_imported(
    tenant: Tenant, lists: Lists, tmp_path: Path
) -> None:
    file, report = tmp_path / "list.csv", tmp_path / "report.csv"
    file.write_text('reason;email\ncomplaint;ann@example.com\n=1+1;nobody\n"a;b@example.com\n')

    result = run(tenant, file, "--report", report)

    assert f"every row's outcome: {report}" in result.output
    with report.open(encoding="utf-8-sig", newline="") as text:
        table = list(csv.reader(text, delimiter=";"))
    assert table == [
        ["reason", "email", "import_row", "import_outcome", "import_problem"],
        ["complaint", "ann@example.com", "1", "added", ""],
        ["'=1+1", "nobody", "2", "rejected", "invalid_address"],
        ['"a;b@example.com', "", "3", "rejected", "quotes"],
    ]
    corrected = report.read_text(encoding="utf-8-sig").replace("nobody", "bob@example.com")
    assert lists.take(corrected).outcomes == {"unchanged": 1, "added": 1, "rejected": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scope", "all", "--topic", "news"], "give --scope or --topic, not both"),
        (["--report", "list.csv"], "must not be the imported file"),
        (["--report", "nowhere/report.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_done(
    tenant: Tenant,
    admin: Admin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text("ann@example.com\n")

    result = run(tenant, "list.csv", *arguments)

    assert result.exit_code != 0
    assert message in result.output
    assert blocks(admin, tenant) == []
