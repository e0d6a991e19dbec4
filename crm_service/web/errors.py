"""Every exception to an answer, in one table; nothing but problem details leaves the service."""

from http import HTTPStatus

import psycopg
import psycopg_pool
import sqlalchemy as sa
import structlog
from flask import Flask, Response, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from crm_service.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    Unauthenticated,
)
from crm_service.web.problems import Problem, answer, flatten

log = structlog.get_logger(__name__)

STATUS: dict[type[DomainError], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    PreconditionFailed: 412,
    Invalid: 422,
}

#: By SQLSTATE or its class: code, what to say, seconds after which trying again makes sense.
_DATABASE_STATES: dict[str, tuple[str, str, int]] = {
    "40001": ("try_again", "another change came first; send the request again", 1),
    "40P01": ("try_again", "another change came first; send the request again", 1),
    "55P03": ("try_again", "another change came first; send the request again", 1),
    "53100": ("storage_full", "the database has no space left; nothing was stored", 30),
    "57014": ("database_unavailable", "the database took too long; nothing was stored", 5),
    "25006": ("database_unavailable", "the database takes no writes at the moment", 5),
    "08": ("database_unavailable", "the database cannot be reached", 5),
    "53": ("database_unavailable", "the database is out of resources", 5),
    "57": ("database_unavailable", "the database is restarting", 5),
}


def install(app: Flask) -> None:
    """Answer every error of ``app`` as ``application/problem+json``."""
    app.register_error_handler(Problem, answer)
    app.register_error_handler(DomainError, domain_error)
    app.register_error_handler(ValidationError, validation_error)
    app.register_error_handler(HTTPException, http_error)
    for kind in (psycopg.Error, sa.exc.DBAPIError, sa.exc.TimeoutError):
        app.register_error_handler(kind, database_error)
    app.register_error_handler(Exception, unexpected_error)


def domain_error(error: DomainError) -> Response:
    """Answer a rule's refusal with the status of its class."""
    statuses = [STATUS[kind] for kind in type(error).__mro__ if kind in STATUS]
    status = statuses[0] if statuses else 422
    problem = Problem(status, error.code, str(error), errors=error.errors)
    problem.extra = error.extra
    return answer(problem)


def validation_error(error: ValidationError) -> Response:
    """Answer a schema's refusal that did not come through the parser."""
    detail = "the request does not fit its schema; see errors"
    return answer(Problem(422, "invalid_request", detail, errors=flatten(error.messages)))


def http_error(error: HTTPException) -> Response | HTTPException:
    """Answer Werkzeug's own errors, keeping their headers (``Allow`` of a 405)."""
    status = error.code or 500
    if error.response is not None or not 400 <= status < 600:  # noqa: PLR2004 - error statuses
        return error
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    phrase = HTTPStatus(status).phrase
    code, detail = _HTTP_ERRORS.get(status, (phrase.lower().replace(" ", "_"), phrase))
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        limit = request.max_content_length
        detail = f"this route accepts bodies of at most {limit} bytes: send it in parts"
    return answer(Problem(status, code, detail, headers=headers))


#: Werkzeug's own refusals: the stable code, and what to say.
_HTTP_ERRORS = {
    400: ("unreadable_request", "the request could not be read"),
    404: ("not_found", "there is nothing at this address"),
    405: ("method_not_allowed", "this method is not allowed here; see the Allow header"),
    413: ("body_too_large", ""),
    415: ("unsupported_media_type", "the body has a media type that is not accepted here"),
}


def database_error(error: Exception) -> Response:
    """Answer 503 for what passes, 500 for what is a defect; log the SQLSTATE, never the values."""
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None)
    known = _DATABASE_STATES.get(state or "") or _DATABASE_STATES.get((state or "")[:2])
    if known is None and state is None and _is_connection_loss(original):
        known = _DATABASE_STATES["08"]
    if known is None:
        return unexpected_error(error)
    code, detail, seconds = known
    log.warning("database_error", error=type(original).__name__, sqlstate=state, code=code)
    return answer(Problem(503, code, detail, headers={"Retry-After": str(seconds)}))


def _is_connection_loss(error: Exception) -> bool:
    losses = (
        psycopg.OperationalError,
        psycopg.InterfaceError,
        psycopg_pool.PoolTimeout,
        psycopg_pool.PoolClosed,
        sa.exc.TimeoutError,
    )
    return isinstance(error, losses)


def unexpected_error(error: Exception) -> Response:
    """Answer 500 without a word of what went wrong; the log has the class and the place."""
    log.error("unexpected_error", exc_info=error)
    detail = "something went wrong on our side; nothing was stored"
    return answer(Problem(500, "internal_error", detail))
