from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo

from crm_service.errors import Invalid, NotFound
from crm_service.seals.cli import ledger
from tests.seals.logbook import Logbook

pytestmark = pytest.mark.rule(18)


def run(app: Flask, *arguments: str) -> Result:
    """Run ``ledger verify`` in the application of the tests."""
    info = ScriptInfo(create_app=lambda: app, set_debug_flag=False)
    return CliRunner().invoke(ledger, ["verify", *arguments], obj=info)


def test_a_whole_ledger_verifies_with_exit_code_0_and_prints_its_head(
    app: Flask, logbook: Logbook
) -> None:
    logbook.grant(2)
    logbook.seal()

    result = run(app, "--controller", logbook.slug)

    head = f"{logbook.slug}/ledger/1/{logbook.verify().digest.hex()}"
    assert result.exit_code == 0
    assert f"{head}  seals=1 entries=2 unsealed=0" in result.stdout


def test_a_damaged_ledger_verifies_with_exit_code_1_and_says_what_is_wrong(
    app: Flask, logbook: Logbook
) -> None:
    logbook.access(2)
    logbook.seal()
    logbook.tamper("DELETE FROM audit_entries WHERE controller_id = %s", logbook.controller_id)

    result = run(app, "--controller", logbook.slug)

    assert result.exit_code == 1
    assert f"{logbook.slug}/audit: entry_missing: seal 1 of" in result.stderr


def test_one_log_can_be_verified_alone(app: Flask, logbook: Logbook) -> None:
    logbook.grant()
    logbook.seal()

    result = run(app, "--controller", logbook.slug, "--log", "ledger")

    assert result.stdout.count(logbook.slug) == 1


def test_without_a_controller_all_of_them_are_verified(
    app: Flask, logbook: Logbook, other_logbook: Logbook
) -> None:
    logbook.grant()
    logbook.seal()

    result = run(app, "--log", "ledger")

    assert f"{logbook.slug}/ledger/1/" in result.stdout
    assert f"{other_logbook.slug}/ledger/0/" in result.stdout


def test_what_was_printed_once_can_be_expected_later(
    app: Flask, logbook: Logbook, tmp_path: Path
) -> None:
    logbook.grant()
    logbook.seal()
    noted = tmp_path / "heads.txt"
    noted.write_text(run(app, "--controller", logbook.slug).stdout)

    result = run(app, "--controller", logbook.slug, "--expect-head", f"@{noted}")

    assert (result.exit_code, result.stderr) == (0, "")


def test_a_head_that_differs_is_an_error(app: Flask, logbook: Logbook) -> None:
    logbook.grant()
    logbook.seal()
    noted = f"{logbook.slug}/ledger/1/{'ab' * 32}"

    result = run(app, "--controller", logbook.slug, "--expect-head", noted)

    assert result.exit_code == 1
    assert "head_differs" in result.stderr


def test_the_head_of_a_controller_that_is_gone_is_an_error(app: Flask) -> None:
    result = run(app, "--log", "ledger", "--expect-head", f"gone/ledger/7/{'ab' * 32}")

    assert result.exit_code == 1
    assert "gone/ledger: head_missing" in result.stderr


def test_a_mistyped_head_is_refused(app: Flask, logbook: Logbook) -> None:
    result = run(app, "--controller", logbook.slug, "--expect-head", "ledger/7")

    assert isinstance(result.exception, Invalid)
    assert result.stdout == ""


def test_a_file_of_heads_that_is_not_there_is_refused(app: Flask) -> None:
    result = run(app, "--expect-head", "@nowhere.txt")

    assert result.exit_code == 2
    assert "nowhere.txt: No such file" in result.stderr


def test_an_unknown_controller_is_refused(app: Flask) -> None:
    result = run(app, "--controller", "nobody")

    assert isinstance(result.exception, NotFound)


@pytest.mark.rule(38)
def test_who_verifies_is_in_the_audit_log_with_the_head_that_was_found(
    app: Flask, logbook: Logbook
) -> None:
    logbook.grant()
    logbook.seal()
    run(app, "--controller", logbook.slug, "--log", "ledger")

    row = logbook.owner.execute(
        "SELECT actor, action, details ->> 'digest' FROM audit_entries WHERE controller_id = %s",
        (logbook.controller_id,),
    ).fetchone()

    digest = logbook.verify().digest.hex()
    assert row == ("operator:ledger verify", "seals.verify", digest)
