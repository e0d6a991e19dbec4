"""The OpenAPI 3.1 description, generated from routes and schemas."""

from typing import Any

import flask_smorest
import marshmallow as ma
from flask import Flask
from werkzeug.exceptions import HTTPException

from crm_service.web import errors


class ProblemSchema(ma.Schema):
    """Problem details (RFC 9457)."""

    class Meta:
        """The schema's name in the description."""

        title = "Problem"

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
