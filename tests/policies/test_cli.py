from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from crm_service.cli import main
from crm_service.db import pipeline
from crm_service.policies import service
from tests.factories import Tenant
from tests.policies.documents import CANTEC_EE
from tests.policies.tenants import bare_tenant

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def bare(app: Flask) -> Tenant:
    """A controller without any policy."""
    return bare_tenant(app)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["policy", *map(str, arguments)])


def broken(tmp_path: Path) -> Path:
    file = tmp_path / "broken.yaml"
    text = CANTEC_EE.read_text().replace("legitimate_interests:", "legitimate_interest:", 1)
    file.write_text(text.replace("timezone: Europe/Tallinn", "timezone: [Europe/Tallinn]"))
    return file


def test_a_usable_policy_passes_the_check() -> None:
    result = run("check", CANTEC_EE)

    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == f"{CANTEC_EE}: no errors"


def test_a_typo_is_told_with_file_place_and_what_is_allowed(tmp_path: Path) -> None:
    file = broken(tmp_path)

    result = run("check", file)

    assert result.exit_code == 1
    first, second, last = result.output.splitlines()
    assert first.startswith(f"{file}: error: purposes.marketing.bases: 'legitimate_interest' is")
    assert "did you mean legitimate_interests?" in first
    assert "allowed: consent, contract," in first
    assert second == f"{file}: error: timezone: must be text, but a list is given"
    assert last == f"{file}: 2 errors"


@pytest.mark.rule(13, 17)
@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("consent_only", "warning: unsubscribe.link_mode: instant is at the controller's own risk"),
        ("until_unsubscribed", "note: purposes.marketing.bases.legitimate_interests: marketing by"),
    ],
)
def test_a_risk_is_told_and_does_not_bar_the_policy(sample: str, said: str) -> None:
    result = run("check", SAMPLES / f"{sample}.yaml")

    assert result.exit_code == 0
    assert said in result.output


def test_a_file_that_is_no_yaml_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "twice.yaml"
    file.write_text("name: a\nname: b\n")

    result = run("check", file)

    assert result.exit_code == 1
    said = f"Error: {file}: line 2, column 1: the name 'name' is given twice"
    assert result.output.splitlines()[0].startswith(said)


def test_activating_makes_the_policy_hold(bare: Tenant) -> None:
    first = run("activate", CANTEC_EE, "--controller", bare.slug)
    second = run("activate", SAMPLES / "post_only.yaml", "--controller", bare.slug)

    assert (first.exit_code, second.exit_code) == (0, 0), (first.output, second.output)
    assert first.output == f"{bare.slug}: cantec-ee version 1 is active\n"
    assert second.output == f"{bare.slug}: museum-friends version 2 is active\n"
    with pipeline(bare.controller_id) as connection:
        assert service.active(connection, bare.controller_id).name == "museum-friends"


def test_a_policy_with_errors_is_not_activated(bare: Tenant, tmp_path: Path) -> None:
    file = broken(tmp_path)

    result = run("activate", file, "--controller", bare.slug)

    assert result.exit_code == 1
    assert f"{file}: 2 places must be put right" in result.output
    assert "timezone: must be text" in result.output
    with pipeline(bare.controller_id) as connection:
        assert service.history(connection, bare.controller_id) == []


def test_activating_for_a_controller_that_does_not_exist_says_so(app: Flask) -> None:
    result = run("activate", CANTEC_EE, "--controller", "nobody-here")

    assert result.exit_code == 1
    assert "there is no controller 'nobody-here'" in result.output
