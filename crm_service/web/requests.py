"""What surrounds every request: its id, its size limit, its access log, its security headers."""

import re
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from flask import Flask, Response, abort, current_app, g, request

from crm_service.web import metrics

log = structlog.get_logger("crm_service.access")

#: The largest JSON body a view takes unless it says otherwise.
DEFAULT_BODY_LIMIT = 2 * 1024 * 1024

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
    metrics.observe(request.method, route, response.status_code, seconds)
    caller = g.get("principal")
    log.info(
        "request",
        method=request.method,
        route=route,
        status=response.status_code,
        duration_ms=round(seconds * 1000, 1),
        **({"key_id": caller.key_id, "controller": caller.controller_slug} if caller else {}),
    )
    return response
