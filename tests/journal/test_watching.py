"""Whoever watches learns that erasures are not journaled any more (rule 35)."""

import pytest
from click.testing import CliRunner
from flask.cli import ScriptInfo

from crm_service.errors import ConfigurationError
from crm_service.journal.cli import restore
from tests.journal.conftest import Restorable


@pytest.mark.rule(35)
def test_a_journal_that_nobody_writes_any_more_shows_in_the_metrics(restorable: Restorable) -> None:
    restorable.admin.execute("UPDATE journal_marks SET updated_at = now() - interval '5 minutes'")
    browser = restorable.app.test_client()

    browser.get("/readyz")

    [line] = [
        line
        for line in browser.get("/metrics").text.splitlines()
        if line.startswith("crm_journal_age_seconds")
    ]
    assert 300 <= float(line.split()[-1]) < 600


def test_the_status_of_a_journal_without_its_folder_is_not_that_it_is_current(
    restorable: Restorable,
) -> None:
    without = CliRunner().invoke(
        restore, ["status"], obj=ScriptInfo(create_app=lambda: restorable.app)
    )
    restorable.write()
    written = CliRunner().invoke(
        restore, ["status"], obj=ScriptInfo(create_app=lambda: restorable.app)
    )

    assert isinstance(without.exception, ConfigurationError)
    assert "JOURNAL_PATH" in str(without.exception)
    assert written.output.startswith("current: ")
    assert "seconds ago" in written.output
