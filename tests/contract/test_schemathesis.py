"""Whatever is sent, the service answers as its description says, and never with a 500."""

from typing import Any

import pytest
import schemathesis
import yaml
from flask import Flask
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from crm_service.openapi import openapi_yaml
from tests.contract.existing import everything
from tests.factories import Tenant, make_tenant

AS_DESCRIBED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
REFUSED_AS_DESCRIBED = [*AS_DESCRIBED, negative_data_rejection, unsupported_method]

BOUNDED = settings(max_examples=15, deadline=None, derandomize=True)


def _description() -> dict[str, Any]:
    """Return the description but for security: every call bears the key that the tests add."""
    document: dict[str, Any] = yaml.safe_load(openapi_yaml())
    del document["components"]["securitySchemes"]
    for path in document["paths"].values():
        for method in path.keys() - {"parameters"}:
            del path[method]["security"]
    return document


schema = schemathesis.openapi.from_dict(_description())
#: What is found by an id; without what would end the things that the other calls are about.
about_one = schema.include(path_regex=r"/v1/.*\{").exclude(method="DELETE")


@schemathesis.serializer("application/x-ndjson")
def _as_lines(_context: Any, value: Any) -> bytes:
    """Send generated text as it is: lines, or no lines at all."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(scope="session")
def fuzzed(app: Flask) -> Tenant:
    """The tenant that all of it is sent for."""
    return make_tenant(app)


@pytest.fixture(scope="session")
def owner(app: Flask) -> Tenant:
    """The tenant that has one of everything."""
    return make_tenant(app)


@pytest.fixture(scope="session")
def existing(owner: Tenant) -> dict[str, object]:
    """Path parameters that lead to something of the owner's."""
    return everything(owner)


@schema.parametrize()
@BOUNDED
def test_answers_are_as_described(case: Any, app: Flask, fuzzed: Tenant) -> None:
    answer = case.call(app=app, headers={"Authorization": f"Bearer {fuzzed.key}"})

    case.validate_response(answer, checks=REFUSED_AS_DESCRIBED)


@about_one.parametrize()
@BOUNDED
def test_answers_about_what_exists_are_as_described(
    case: Any, app: Flask, owner: Tenant, existing: dict[str, object]
) -> None:
    case.path_parameters = {name: existing[name] for name in case.path_parameters}

    answer = case.call(app=app, headers={"Authorization": f"Bearer {owner.key}"})

    case.validate_response(answer, checks=AS_DESCRIBED)
