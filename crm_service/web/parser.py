"""Reading request bodies and parameters strictly, for every blueprint (``ARGUMENTS_PARSER``).

415 unless the body is JSON, 413 beyond the limit, 400 for what is not strict JSON, 422 for what
does not fit the schema; unknown fields are refused by name.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

import marshmallow as ma
from flask import Request, request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from crm_service.invisible import IN_LINE, MESSAGE_LINE
from crm_service.web import visible
from crm_service.web.json_body import InvalidJson, read_json
from crm_service.web.problems import Problem, flatten


class StrictParser(FlaskParser):
    """webargs' parser without its leniencies."""

    DEFAULT_UNKNOWN_BY_LOCATION = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
        "json": ma.RAISE,
    }

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """Return the object in the body. Raises ``Problem``."""
        body = read_object(req)
        _refuse(flatten(visible.hidden(schema, body, read_body(req))))
        return body

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """Return the query parameters; each may be given once, unless it is a list."""
        if any("\x00" in text for pair in req.args.items(multi=True) for text in pair):
            raise Problem(400, "invalid_request", "the character U+0000 is not accepted")
        given = req.args.items(multi=True)
        _refuse(flatten({name: [MESSAGE_LINE] for name, text in given if IN_LINE.search(text)}))
        return super().load_querystring(req, schema)

    def handle_error(
        self,
        error: ma.ValidationError,
        req: Request,
        schema: ma.Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Answer 422 with ``{field: [messages]}``."""
        del req, schema
        messages = error.messages
        if isinstance(messages, dict) and len(messages) == 1:
            messages = next(iter(messages.values()))
        raise Problem(
            error_status_code or 422,
            "invalid_request",
            "the request does not fit its schema; see errors",
            errors=flatten(messages),
            headers=error_headers,
        )


def _refuse(errors: Mapping[str, list[str]]) -> None:
    if errors:
        message = "characters that nobody sees are not accepted; see errors"
        raise Problem(422, "invalid_request", message, errors=errors)


def read_object(req: Request) -> dict[str, Any]:
    """Return the JSON object in the body of ``req``; what the hot paths use without a schema.

    Raises ``Problem`` (415 unless JSON, 400 unless strict JSON, 422 unless an object) and
    ``RequestEntityTooLarge``.
    """
    require_media_type(req, "application/json")
    try:
        body = read_json(read_body(req))
    except InvalidJson as error:
        raise Problem(400, error.code, str(error)) from None
    if not isinstance(body, dict):
        raise Problem(422, "invalid_request", "the body must be a JSON object")
    return body


def read_body(req: Request) -> bytes:
    """Return the whole body. Raises ``RequestEntityTooLarge`` beyond the view's limit.

    A body without a length (chunked) is cut off at the limit by Werkzeug, without a word: one that
    reaches it counts as too large.
    """
    data = req.get_data(cache=True)
    limit = req.max_content_length
    if req.content_length is None and limit is not None and len(data) >= limit:
        raise RequestEntityTooLarge
    return data


def require_media_type(req: Request, expected: str) -> None:
    """Refuse (415) a body of another media type, or a compressed one."""
    suffix = "+json" if expected == "application/json" else None
    matches = req.mimetype == expected or (suffix and req.mimetype.endswith(suffix))
    if not matches:
        raise Problem(415, "unsupported_media_type", f"send Content-Type: {expected}")
    if req.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported_media_type", "compressed bodies are not accepted")


def body() -> dict[str, Any]:
    """Return the JSON object in the body of the current request; see ``read_object``."""
    return read_object(request)
