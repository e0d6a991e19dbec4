"""The OpenAPI 3.1 description, generated from routes and schemas, never written by hand.

flask-smorest describes parameters, bodies and results; what holds for every route (who may call it,
what each error looks like, the headers of optimistic locking and idempotency) is added here from
the same declarations that the guard enforces.
"""

import copy
import json
import re
from typing import Any

import flask_smorest
import marshmallow as ma
from flask import Flask
from flask_smorest.spec.plugins import FlaskPlugin
from werkzeug.exceptions import HTTPException

from crm_service.web import errors, etags, idempotency, problems
from crm_service.web.auth import PUBLIC, declared_scope
from crm_service.web.openapi_examples import BODIES, RESULTS, compose
from crm_service.web.openapi_texts import (
    ERRORS,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    INFO,
    SECURITY_SCHEME,
    TITLES,
)

Document = dict[str, Any]
_REFERENCE = re.compile(r"#/components/schemas/([A-Za-z0-9_.-]+)")
_ORDER = ("openapi", "info", "servers", "tags", "paths", "components")
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
    components["schemas"]["Problem"]["additionalProperties"] = True
    components["securitySchemes"] = {"key": SECURITY_SCHEME}
    components["parameters"] = {"IfMatch": IF_MATCH, "IdempotencyKey": IDEMPOTENCY_KEY}
    components["responses"] = {
        f"Problem{status}": _problem(status, *facts) for status, facts in ERRORS.items()
    }
    for rule in app.url_map.iter_rules():
        path = document["paths"].get(FlaskPlugin.flaskpath2openapi(rule.rule), {})
        for method in _METHODS & {name.lower() for name in rule.methods or ()} & path.keys():
            path[method].setdefault("operationId", rule.endpoint.replace(".", "_"))
            _complete(path[method], app.view_functions[rule.endpoint], method, rule.arguments)
            _exemplify(path[method], components["schemas"])
    pages: Document = app.extensions["crm.pages"]
    document["paths"].update(copy.deepcopy(pages["paths"]))
    document["tags"].append(pages["tag"])
    tidied: Document = _tidy(document)
    _prune(tidied)
    return {name: tidied[name] for name in _ORDER}


def _problem(status: int, meaning: str, code: str, detail: str) -> Document:
    example = {
        "type": f"urn:crm-service:problem:{code}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": "0f8fad5bd9cb469fa16570867728950e",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {problems.MEDIA_TYPE: {"schema": schema, "example": example}}
    return {"description": meaning, "content": content}


def _complete(operation: Document, view: Any, method: str, arguments: set[str]) -> None:
    """Add to one operation what its scope, method, parameters and body imply."""
    scope = declared_scope(view, method.upper())
    responses: Document = operation.setdefault("responses", {})
    generated = [status for status, r in responses.items() if _is_generated_error(status, r)]
    for status in generated:
        del responses[status]
    operation["security"] = [] if scope == PUBLIC else [{"key": [scope]}]
    names = []
    if etags.is_conditional(view):
        names.append("IfMatch")
    if idempotency.offered(view, method.upper()):
        names.append("IdempotencyKey")
    statuses = _statuses(operation, scope, names) | set(generated) - {"default"}
    if arguments and scope != PUBLIC:
        statuses.add("404")
    if names:
        references = [{"$ref": f"#/components/parameters/{name}"} for name in names]
        operation["parameters"] = [*operation.get("parameters", []), *references]
    for status in statuses:
        responses.setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(operation: Document, scope: str | None, headers: list[str]) -> set[str]:
    """Return the errors that an operation can answer for what it is."""
    statuses = {"500"} if scope == PUBLIC else {"401", "403", "429", "500", "503"}
    if "requestBody" in operation:
        # What a body names (a topic, a contact) may be unknown, or contradict what is recorded.
        statuses |= {"400", "404", "409", "413", "415", "422"}
    elif operation.get("parameters"):
        statuses |= {"400", "422"}
    if "IfMatch" in headers:
        statuses |= {"412", "428"}
    if "IdempotencyKey" in headers:
        statuses |= {"400", "409", "422"}
    return statuses


def _is_generated_error(status: str, response: Document) -> bool:
    return status == "default" or (status[0] in "45" and "$ref" in response)


def _exemplify(operation: Document, schemas: Document) -> None:
    """Give every JSON body and answer of one operation an example."""
    name = operation["operationId"]
    bodies = operation.get("requestBody", {}).get("content", {})
    _add_example(bodies, BODIES.get(name), schemas)
    for response in operation["responses"].values():
        _add_example(response.get("content", {}), RESULTS.get(name), schemas)


def _add_example(content: Document, written: Any, schemas: Document) -> None:
    shape = content.get("application/json")
    if shape is None or "example" in shape or "examples" in shape:
        return
    shape["example"] = compose(shape["schema"], schemas) if written is None else written


def _tidy(node: Any) -> Any:
    """Repair what the generators get wrong: null twice in a type, Python's end of text."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidied = {name: _tidy(value) for name, value in node.items()}
    if isinstance(tidied.get("type"), list):
        tidied["type"] = list(dict.fromkeys(tidied["type"]))
    if isinstance(tidied.get("pattern"), str):
        tidied["pattern"] = tidied["pattern"].replace(r"\Z", "$")
    return tidied


def _prune(document: Document) -> None:
    """Drop schemas that nothing refers to."""
    schemas = document["components"]["schemas"]
    while unused := set(schemas) - set(_REFERENCE.findall(json.dumps(document))):
        for name in unused:
            del schemas[name]
