"""What the OpenAPI description says in words."""

from typing import Any

INFO: dict[str, Any] = {
    "title": "CRM Service",
    "version": "1",
    "summary": "Marketing contacts and their consent: whom you may mail, and the proof.",
    "description": (
        "Every request but those to recipients' links and to health checks needs a key: "
        "`Authorization: Bearer <key>`. Errors are problem details (RFC 9457); decide by `code`. "
        "Lists are `{items, next_cursor}`; pass `next_cursor` back as `cursor`. Times are RFC 3339 "
        "in UTC. JSON is read strictly: unknown fields, duplicate names, NaN, U+0000, numbers of "
        "2^53 and more and nesting deeper than 32 are refused. No address ever stands in a path or "
        "a query string: look-ups POST it."
    ),
    "license": {"name": "Proprietary", "identifier": "LicenseRef-Proprietary"},
}

SECURITY_SCHEME: dict[str, Any] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "crm_<prefix>_<secret>_<checksum>",
    "description": "An API key. The scope each operation needs stands in its security requirement.",
}

IF_MATCH: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag that was last read, or `*`.",
    "schema": {"type": "string"},
    "example": '"1"',
}

IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "The same key with the same request within a day repeats the first answer; with another "
        "request it is 422, while the first is in flight 409."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "5b0f5d3e-import-42",
}

PROBLEM_EXAMPLE: dict[str, Any] = {
    "type": "urn:crm-service:problem:invalid_request",
    "title": "Unprocessable Entity",
    "status": 422,
    "detail": "the request does not fit its schema; see errors",
    "code": "invalid_request",
    "errors": {"email": ["Missing data for required field."]},
    "request_id": "0f8fad5bd9cb469fa16570867728950e",
}

#: Status → meaning, and one example of its code.
ERROR_DETAILS: dict[int, str] = {
    400: "The request could not be read: not strict JSON, or a cursor that was not issued here",
    401: "No key, or one that is mistyped, unknown, expired or revoked",
    403: "The key lacks the scope, or the agreement is not accepted yet",
    404: "There is nothing here, or it belongs to somebody else",
    409: "It contradicts what is recorded already",
    412: "It is not the current version any more",
    413: "The body is too large",
    415: "The body has another media type than the one expected",
    422: "The request breaks a rule; nothing was stored",
    428: "If-Match is missing",
    500: "A defect on our side; nothing was stored",
    503: "The database cannot be asked at the moment; try again after Retry-After",
}
