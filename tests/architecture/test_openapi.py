"""The description is what the code says, valid, and has an example for everything."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from openapi_spec_validator import validate

from crm_service.openapi import openapi, openapi_yaml
from crm_service.web.openapi_examples import BODIES, RESULTS
from crm_service.web.principal import SCOPES

FILE = Path(__file__).parents[2] / "openapi.yaml"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Document:
    """The description, as it is generated."""
    loaded: Document = yaml.safe_load(openapi_yaml())
    return loaded


def _operations(document: Document) -> dict[str, Document]:
    paths = document["paths"].values()
    found = [o for path in paths for method, o in path.items() if method != "parameters"]
    return {operation["operationId"]: operation for operation in found}


def _contents(operation: Document) -> list[Document]:
    """Return every body and answer of an operation that is JSON."""
    holders = [operation.get("requestBody", {}), *operation["responses"].values()]
    shapes = [holder.get("content", {}).get("application/json") for holder in holders]
    return [shape for shape in shapes if shape is not None]


def test_the_file_is_what_the_code_says() -> None:
    assert FILE.read_text() == openapi_yaml(), "run `crm-service openapi`"


def test_the_check_refuses_a_file_that_differs(tmp_path: Path) -> None:
    stale = tmp_path / "openapi.yaml"
    stale.write_text("openapi: 3.1.0\n")

    result = CliRunner().invoke(openapi, ["--check", "--output", str(stale)])

    assert result.exit_code == 1
    assert "differs" in result.output
    assert stale.read_text() == "openapi: 3.1.0\n"


def test_the_description_is_valid_openapi(document: Document) -> None:
    validate(document)


def test_every_operation_has_a_name_of_its_own(document: Document) -> None:
    paths = document["paths"].values()

    count = sum(method != "parameters" for path in paths for method in path)

    assert len(_operations(document)) == count


def test_every_operation_names_one_scope_or_is_public(document: Document) -> None:
    named = [o["security"] for o in _operations(document).values()]

    assert [s for s in named if s and (len(s) != 1 or s[0]["key"][0] not in SCOPES)] == []


def test_every_json_body_and_answer_has_an_example_of_its_schema(document: Document) -> None:
    problems = []
    for name, operation in _operations(document).items():
        for shape in _contents(operation):
            schema = {**shape["schema"], "components": document["components"]}
            checker = jsonschema.Draft202012Validator(schema)
            problems += [(name, e.message) for e in checker.iter_errors(shape["example"])]

    assert problems == []


def test_every_protected_operation_describes_its_refusals(document: Document) -> None:
    protected = {n: o for n, o in _operations(document).items() if o["security"]}

    assert [
        n for n, o in protected.items() if not {"401", "403", "500"} <= set(o["responses"])
    ] == []


def test_written_examples_belong_to_operations_that_exist(document: Document) -> None:
    assert set(BODIES) | set(RESULTS) <= set(_operations(document))
