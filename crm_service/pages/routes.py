"""What pages are made of, served by the service itself (clause no-02)."""

from flask import Blueprint, Flask, Response, abort, request

from crm_service.controllers import link_refs
from crm_service.pages import rendering, service, translating
from crm_service.web.auth import public

blp = Blueprint("pages", __name__, template_folder="templates")

#: What fits into a controller's link reference.
_MAX_REF = 2**32 - 1


@blp.get("/")
@public
def start() -> Response:
    """Tell a browser where to go instead; nothing of who uses the service. Programs get 404."""
    accepted = request.accept_mimetypes
    if accepted["text/html"] <= accepted["application/json"]:
        abort(404)
    return rendering.render("pages/start.html", path=f"{rendering.base_path()}/")


@blp.get("/u/page.css")
@public
def style() -> Response:
    """Return the pages' style sheet, in the color of ``?color=``."""
    return rendering.style(request.args.get("color", ""))


@blp.get("/u/logo/<int:link_ref>/<version>.webp")
@public
def logo(link_ref: int, version: str) -> Response:
    """Return a controller's logo; 404 for any but the current one."""
    controller_id = link_refs.find(link_ref) if link_ref <= _MAX_REF else None
    picture = service.picture(controller_id, version) if controller_id else None
    if picture is None:
        abort(404)
    return rendering.kept(picture, "image/webp")


@blp.after_request
def keep_private(response: Response) -> Response:
    """Put the pages' headers on every answer."""
    return rendering.protect(response)


def install(app: Flask) -> None:
    """Let ``app`` render pages: languages, shared templates, the style sheet."""
    translating.install(app)
    app.jinja_env.globals["written"] = rendering.written
    app.register_blueprint(blp)
