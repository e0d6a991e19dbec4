"""What a policy may say is written down, all of it, and as the schema has it."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crm_service.cli import main
from crm_service.policies.checking import schema_validator
from crm_service.policies.reference import undescribed

REFERENCE = Path(__file__).parents[2] / "docs" / "policy-reference.md"


@pytest.fixture
def schema() -> dict[str, Any]:
    """The schema, which a test may not change."""
    found = schema_validator().schema
    assert isinstance(found, dict)
    return found


def test_everything_that_a_policy_may_say_is_described_in_the_schema(
    schema: dict[str, Any],
) -> None:
    assert undescribed(schema) == [], "give each a `description` of its own, beside its `$ref`"


def test_the_reference_says_what_the_schema_says() -> None:
    result = CliRunner().invoke(
        main, ["policy", "reference", "--check", "--output", str(REFERENCE)]
    )

    assert result.exit_code == 0, "run `crm-service policy reference`, and commit the file"


def test_a_reference_that_differs_is_told_with_the_command_that_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "reference.md"
    file.write_text(REFERENCE.read_text().replace("## purposes", "## purpose"))

    refused = CliRunner().invoke(main, ["policy", "reference", "--check", "--output", str(file)])
    CliRunner().invoke(main, ["policy", "reference", "--output", str(file)])

    assert refused.exit_code == 1
    assert "run `crm-service policy reference`" in refused.output
    assert file.read_text() == REFERENCE.read_text()


def test_what_has_no_description_is_named_by_its_path(schema: dict[str, Any]) -> None:
    part = {"type": "object", "properties": {"count": {"type": "integer"}}}

    found = undescribed({**schema, "properties": {"reminders": {"description": "Said.", **part}}})

    assert found == ["reminders.count"]
