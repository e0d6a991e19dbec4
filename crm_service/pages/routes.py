"""What pages are made of, served by the service itself (clause no-02)."""

from flask import Blueprint, Flask, Response

from crm_service.pages import rendering, translating
from crm_service.web.auth import public

blp = Blueprint("pages", __name__, template_folder="templates")


@blp.get("/u/page.css")
@public
def style() -> Response:
    """Return the pages' style sheet."""
    return rendering.style()


@blp.after_request
def keep_private(response: Response) -> Response:
    """Put the pages' headers on every answer."""
    return rendering.protect(response)


def install(app: Flask) -> None:
    """Let ``app`` render pages: languages, shared templates, the style sheet."""
    translating.install(app)
    app.jinja_env.globals["written"] = rendering.written
    app.register_blueprint(blp)
