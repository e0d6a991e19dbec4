import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker

from crm_service.outbox import contract
from crm_service.outbox.events import Event

ROOT = Path(__file__).parent.parent.parent

KINDS = contract.event_types()


def test_asyncapi_and_schemas_say_what_the_event_classes_say() -> None:
    assert contract.outdated(ROOT) == [], "run `crm-service events contract`"


@pytest.mark.rule(25)
def test_every_event_type_has_a_schema_and_a_channel() -> None:
    described = yaml.safe_load((ROOT / "asyncapi.yaml").read_text())

    addresses = {channel["address"] for channel in described["channels"].values()}
    files = {path.stem for path in (ROOT / contract.SCHEMAS).glob("*.json")}

    assert addresses == files == set(KINDS)
    assert len(KINDS) >= 14


@pytest.mark.parametrize("name", KINDS)
def test_schemas_are_valid_and_accept_their_example(name: str) -> None:
    schema = contract.schema(KINDS[name])
    Draft7Validator.check_schema(schema)

    problems = Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(
        contract.example(KINDS[name])
    )

    assert [problem.message for problem in problems] == []


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    described = yaml.safe_load((ROOT / "asyncapi.yaml").read_text())

    for operation in described["operations"].values():
        [message] = operation["messages"]
        channel = described["channels"][operation["channel"]["$ref"].split("/")[-1]]
        [reference] = channel["messages"].values()
        body = described["components"]["messages"][reference["$ref"].split("/")[-1]]
        assert message["$ref"].startswith(operation["channel"]["$ref"])
        assert (ROOT / body["payload"]["schema"]["$ref"]).is_file()


def test_a_field_that_the_contract_does_not_explain_is_refused() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Unexplained(Event):
        type: ClassVar[str] = "contact.unexplained.v1"
        nobody_knows: uuid.UUID

    with pytest.raises(KeyError, match="nobody_knows"):
        contract.schema(Unexplained)


def test_a_generated_file_that_is_changed_missing_or_left_over_is_found(tmp_path: Path) -> None:
    contract.write(tmp_path)
    (tmp_path / contract.ASYNCAPI).write_text("changed")
    (tmp_path / contract.SCHEMAS / "contact.created.v1.json").unlink()
    (tmp_path / contract.SCHEMAS / "contact.invented.v1.json").write_text("{}")

    assert {path.name for path in contract.outdated(tmp_path)} == {
        "asyncapi.yaml", "contact.created.v1.json", "contact.invented.v1.json",
    }  # fmt: skip
    contract.write(tmp_path)

    assert contract.outdated(tmp_path) == []
