"""What the OpenAPI description says in words."""

from typing import Any

INFO: dict[str, Any] = {
    "title": "CRM Service",
    "version": "1",
    "summary": "Marketing contacts and their consent: whom you may mail, and the proof.",
    "description": (
        "Every request but those to recipients' links and to health checks needs a key: "
        "`Authorization: Bearer <key>`. Errors are problem details (RFC 9457); decide by `code`. "
        "Lists are `{items, next_cursor}`; pass `next_cursor` back as `cursor` (`/v1/events`: as "
        "`after`). Times are RFC 3339 "
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
        "request it is 422, while the first is in flight 409. Where the answer holds a secret that "
        "is shown once, the repeat does nothing and is 409 `answered_once`."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "5b0f5d3e-import-42",
}

#: Status → what it means, and one example: code and detail.
ERRORS: dict[int, tuple[str, str, str]] = {
    400: (
        "The request could not be read: not strict JSON, or a cursor that was not issued here",
        "invalid_json",
        "this is not valid JSON (line 1, column 6)",
    ),
    401: (
        "No key, or one that is mistyped, unknown, expired or revoked",
        "unauthenticated",
        "send an API key as Authorization: Bearer <key>",
    ),
    403: (
        "The key lacks the scope, or the agreement is not accepted yet (`agreement_required`)",
        "insufficient_scope",
        "this key lacks the scope contacts:read",
    ),
    404: (
        "What the path or the body names is not there, or belongs to somebody else",
        "not_found",
        "there is nothing at this address",
    ),
    409: (
        "It contradicts what is recorded already",
        "conflict",
        "the request contradicts what is recorded already",
    ),
    410: (
        "It was kept for a while and no longer is (`cursor_too_old`: events behind the cursor)",
        "cursor_too_old",
        "events recorded before 2025-10-01 are no longer kept, and some come after this cursor",
    ),
    412: (
        "It is not the current version any more",
        "precondition_failed",
        "this is not the current version; read it again",
    ),
    413: (
        "The body is too large",
        "body_too_large",
        "this route accepts bodies of at most 2097152 bytes: send it in parts",
    ),
    415: (
        "The body has another media type than the one expected",
        "unsupported_media_type",
        "send Content-Type: application/json",
    ),
    422: (
        "The request breaks a rule; nothing was stored",
        "invalid_request",
        "the request does not fit its schema; see errors",
    ),
    428: (
        "If-Match is missing",
        "precondition_required",
        "send If-Match with the ETag that you last read",
    ),
    429: (
        "Too many; `Retry-After` says when to try again, `RateLimit` what is left",
        "too_many_requests",
        "too many requests; try again after the seconds that Retry-After names",
    ),
    500: (
        "A defect on our side; nothing was stored",
        "internal_error",
        "something went wrong on our side; nothing was stored",
    ),
    503: (
        "The database cannot be asked at the moment; try again after Retry-After",
        "database_unavailable",
        "the database cannot be reached",
    ),
}

#: The phrases of RFC 9110, whatever this version of Python calls them.
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    428: "Precondition Required",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
