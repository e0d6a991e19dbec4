"""The description for machines (``/openapi.json``) and for people (``/docs``), served offline.

The page is rendered here, without any script, so that the strictest content security policy holds.
"""

from functools import cache
from typing import Any

import orjson
from flask import Flask, Response, current_app, render_template
from markupsafe import Markup, escape

from crm_service.web.auth import public
from crm_service.web.blueprint import Blueprint
from crm_service.web.openapi import describe

blp = Blueprint("docs", __name__, template_folder="templates", description="This description")

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@cache
def _document(app: Flask) -> dict[str, Any]:
    return describe(app)


def _current() -> dict[str, Any]:
    return _document(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - the application behind the proxy


def with_code(text: object) -> Markup:
    """Return text with what stands between backticks as code, everything escaped."""
    parts = [escape(part) for part in str(text or "").split("`")]
    code = Markup("<code>{}</code>")
    return Markup().join(code.format(p) if i % 2 else p for i, p in enumerate(parts))


blp.add_app_template_filter(with_code, "code")


@blp.get("/openapi.json")
@public
@blp.response(200, {"type": "object"})
def openapi_json() -> Response:
    """Return the OpenAPI description as JSON."""
    return Response(orjson.dumps(_current()), content_type="application/json")


@blp.get("/docs")
@public
@blp.response(200, {"type": "string"}, content_type="text/html")
def docs_page() -> Response:
    """Show the description as a page that needs neither scripts nor the network."""
    response = Response(render_template("docs.html", document=_current()), mimetype="text/html")
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


@blp.get("/docs/style.css")
@public
@blp.response(200, {"type": "string"}, content_type="text/css")
def docs_style() -> Response:
    """Return the page's style sheet."""
    response = Response(render_template("docs.css"), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
