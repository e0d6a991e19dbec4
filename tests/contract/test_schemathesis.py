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
def existing(fuzzed: Tenant) -> dict[str, object]:
    """Path parameters that lead to something."""
    post = fuzzed.client.post
    post("/v1/topics", json={"slug": "news", "name": {"en": "N"}, "category": "marketing"})
    contact = {"email": "one@example.com", "source": {"kind": "api"}}
    block = {"email": "two@example.com", "scope": "marketing", "reason": "manual"}
    key = {"name": "spare", "scopes": ["topics:read"]}
    hook = post("/v1/webhook-endpoints", json={"provider": "brevo", "name": "One"}).json
    contact_id = post("/v1/contacts", json=contact).json["id"]
    return {
        **_about(fuzzed, contact_id),
        "contact_id": contact_id,
        "organization_id": post("/v1/organizations", json={"name": "One"}).json["id"],
        "suppression_id": post("/v1/suppressions", json=block).json["id"],
        "key_id": post("/v1/keys", json=key).json["id"],
        "provider": "brevo",
        "endpoint_id": hook["id"],
        "secret_id": hook["secrets"][0]["id"],
        "slug": "news",
        "version": 1,
    }


def _about(fuzzed: Tenant, contact_id: str) -> dict[str, object]:
    post = fuzzed.client.post
    at = {"occurred_at": "2026-11-03T09:15:00Z"}
    event = {"event_id": "1", "type": "sent", "contact_id": contact_id, "campaign": "spring", **at}
    post("/v1/engagement-events", json={"events": [event]})
    note = {"kind": "note", "note": "-", "case": "C-1", **at}
    request = {"kind": "access", "contact_id": contact_id, "received_by": "email"}
    contract = {"reference": "1", "signed_on": "2026-11-03"}
    hold = {"kind": "dispute", "reference": "1", "reasons": "a claim"}
    recipient = {"slug": "one", "name": "One", "kind": "processor", "country": "EE"}
    file: dict[str, Any] = {"data": "email\none@example.com\n", "content_type": "text/csv"}
    return {
        "campaign": "spring",
        "case_id": post(f"/v1/contacts/{contact_id}/interactions", json=note).json["case_id"],
        "contract_id": post(f"/v1/contacts/{contact_id}/contracts", json=contract).json["id"],
        "hold_id": post(f"/v1/contacts/{contact_id}/holds", json=hold).json["id"],
        "request_id": post("/v1/rights-requests", json=request).json["id"],
        "import_id": post("/v1/imports", **file).json["id"],
        "recipient_id": post("/v1/recipients", json=recipient).json["id"],
    }


@schema.parametrize()
@BOUNDED
def test_answers_are_as_described(case: Any, app: Flask, fuzzed: Tenant) -> None:
    answer = case.call(app=app, headers={"Authorization": f"Bearer {fuzzed.key}"})

    case.validate_response(answer, checks=REFUSED_AS_DESCRIBED)


@about_one.parametrize()
@BOUNDED
def test_answers_about_what_exists_are_as_described(
    case: Any, app: Flask, fuzzed: Tenant, existing: dict[str, object]
) -> None:
    case.path_parameters = {name: existing[name] for name in case.path_parameters}

    answer = case.call(app=app, headers={"Authorization": f"Bearer {fuzzed.key}"})

    case.validate_response(answer, checks=AS_DESCRIBED)
