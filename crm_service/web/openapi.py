"""The OpenAPI 3.1 description, generated from routes and schemas, never written by hand.

flask-smorest describes parameters, bodies and results; what holds for every route (who may call it,
what each error looks like, the headers of optimistic locking and idempotency) is added here from
the same declarations that the guard enforces.
"""

import copy
from typing import Any

import flask_smorest
import marshmallow as ma
from flask import Flask
from flask_smorest.spec.plugins import FlaskPlugin
from werkzeug.exceptions import HTTPException

from crm_service.web import errors, idempotency, problems
from crm_service.web.auth import PUBLIC, declared_scope
from crm_service.web.openapi_texts import (
    ERROR_DETAILS,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    INFO,
    PROBLEM_EXAMPLE,
    SECURITY_SCHEME,
)

Document = dict[str, Any]
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})


class ProblemSchema(ma.Schema):
    """Problem details (RFC 9457)."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True, metadata={"description": "stable; decide by this"})
    errors = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.List(ma.fields.String()),
        metadata={"description": "messages by field"},
    )
    request_id = ma.fields.String()


class Api(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest ships no types
    """flask-smorest's, with our problem details instead of its own errors."""

    ERROR_SCHEMA = ProblemSchema

    def handle_http_exception(self, error: HTTPException) -> Any:
        """Answer as everything else does."""
        return errors.http_error(error)


def init_api(app: Flask) -> Api:
    """Prepare the description; blueprints are registered on what is returned."""
    app.config["API_TITLE"] = "CRM Service"
    app.config["API_VERSION"] = "1"
    app.config["OPENAPI_VERSION"] = "3.1.0"
    api = Api(app)
    app.extensions["crm.api"] = api
    return api


def describe(app: Flask) -> Document:
    """Return the whole description of ``app``."""
    document: Document = copy.deepcopy(app.extensions["crm.api"].spec.to_dict())
    document["info"] = INFO
    document["servers"] = [{"url": "/"}]
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"key": SECURITY_SCHEME}
    components["parameters"] = {"IfMatch": IF_MATCH, "IdempotencyKey": IDEMPOTENCY_KEY}
    components["responses"] = {
        f"Problem{status}": _problem(status, detail) for status, detail in ERROR_DETAILS.items()
    }
    for rule in app.url_map.iter_rules():
        path = document["paths"].get(FlaskPlugin.flaskpath2openapi(rule.rule), {})
        for method in _METHODS & {name.lower() for name in rule.methods or ()} & path.keys():
            scope = declared_scope(app.view_functions[rule.endpoint], method.upper())
            _complete(path[method], method, scope, has_parameters=bool(rule.arguments))
            path[method]["operationId"] = rule.endpoint.replace(".", "_")
    return document


def _problem(status: int, detail: str) -> Document:
    content: Document = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "example": {**PROBLEM_EXAMPLE, "status": status},
    }
    return {"description": detail, "content": {problems.MEDIA_TYPE: content}}


def _complete(operation: Document, method: str, scope: str | None, *, has_parameters: bool) -> None:
    """Add to one operation what its scope, method and body imply."""
    responses: Document = operation.setdefault("responses", {})
    for status in [s for s, r in responses.items() if _is_generated_error(s, r)]:
        del responses[status]
    operation["security"] = [] if scope == PUBLIC else [{"key": [scope]}]
    statuses = _statuses(operation, method, scope)
    if has_parameters:
        statuses.add("404")
    names = []
    if method == "patch":
        names.append("IfMatch")
    if idempotency.offered(scope, method.upper()):
        names.append("IdempotencyKey")
    if names:
        references = [{"$ref": f"#/components/parameters/{name}"} for name in names]
        operation["parameters"] = [*operation.get("parameters", []), *references]
    for status in statuses:
        responses.setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(operation: Document, method: str, scope: str | None) -> set[str]:
    """Return the errors that an operation can answer for what it is."""
    statuses = {"400", "500", "503"}
    if scope != PUBLIC:
        statuses |= {"401", "403"}
    if "requestBody" in operation:
        statuses |= {"413", "415", "422"}
    elif operation.get("parameters"):
        statuses.add("422")
    if method == "patch":
        statuses |= {"412", "428"}
    if idempotency.offered(scope, method.upper()):
        statuses |= {"409", "422"}
    return statuses


def _is_generated_error(status: str, response: Document) -> bool:
    return status == "default" or (status[0] in "45" and "$ref" in response)
