"""What surrounds every request: its id, its size limit, its access log, its security headers."""

import re
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, request

from crm_service.web import metrics
from crm_service.web.logs import access

#: The largest JSON body a view takes unless it says otherwise.
DEFAULT_BODY_LIMIT = 2 * 1024 * 1024

#: A method is the client's own word: only these are repeated.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_PLAIN_ID = re.compile(r"[0-9a-fA-F-]{16,64}")

#: Views that answer something other than data (pages) set their own, stricter or looser ones.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_HSTS = "max-age=31536000"

View = TypeVar("View", bound=Callable[..., Any])


def body_limit(limit: int | None) -> Callable[[View], View]:
    """Declare how many bytes of body a view takes; None: any number, read as a stream."""

    def decorate(view: View) -> View:
        view.__crm_body_limit__ = limit  # type: ignore[attr-defined]  # a mark on a function
        return view

    return decorate


def install(app: Flask) -> None:
    """Wrap every request of ``app``. Before the guard: a refused request is logged as well."""
    app.config["MAX_CONTENT_LENGTH"] = DEFAULT_BODY_LIMIT
    app.before_request(begin)
    app.after_request(finish)


def begin() -> None:
    """Name the request; refuse U+0000 in its path, which no column could hold."""
    g.started = time.perf_counter()
    sent = request.headers.get("X-Request-Id", "")
    g.request_id = sent if _PLAIN_ID.fullmatch(sent) else uuid.uuid4().hex
    if request.url_rule is None:
        return
    view = current_app.view_functions[request.url_rule.endpoint]
    limit = getattr(view, "__crm_body_limit__", DEFAULT_BODY_LIMIT)
    if limit != DEFAULT_BODY_LIMIT:
        # None would mean the application's own limit.
        request.max_content_length = sys.maxsize if limit is None else limit
    arguments = request.view_args or {}
    if any(isinstance(value, str) and "\x00" in value for value in arguments.values()):
        abort(404)


def finish(response: Response) -> Response:
    """Add the headers that every answer bears, and log it by its route's template."""
    headers = response.headers
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if current_app.extensions["crm.settings"].public_url.startswith("https:"):
        headers.setdefault("Strict-Transport-Security", _HSTS)
    headers["X-Request-Id"] = g.request_id
    route = request.url_rule.rule if request.url_rule else "unmatched"
    seconds = time.perf_counter() - g.started
    method = request.method if request.method in _METHODS else "other"
    metrics.observe(method, route, response.status_code, seconds)
    _log(method, route, response.status_code, seconds)
    return response


def _log(method: str, route: str, status: int, seconds: float) -> None:
    facts = {
        "method": method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "request_id": g.request_id,
    }
    caller = g.get("principal")
    if caller is not None:
        facts["key_id"] = caller.key_id
        facts["controller"] = caller.controller_slug
    access.write(facts)
