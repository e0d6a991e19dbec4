"""HTTP for the logo that recipients' pages show. Name, color and footer stand in the policy."""

from typing import Any

from flask import request

from crm_service.db import driver_connection, transaction
from crm_service.pages import rendering, service
from crm_service.pages.images import MAX_UPLOAD
from crm_service.pages.logo import Logo
from crm_service.pages.schemas import LogoShown
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.requests import body_limit

blp = Blueprint(
    "branding", __name__, url_prefix="/v1/branding", description="How recipients' pages look"
)

_IMAGE = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "required": True,
    "description": "The image itself. It is decoded and drawn anew, small and without metadata",
    "content": {f"image/{kind}": _IMAGE for kind in ("png", "jpeg", "webp", "gif")},
}


@blp.get("/logo")
@requires("branding:read")
@blp.response(200, LogoShown)
@blp.alt_response(404, "NOT_FOUND")
def get_logo() -> dict[str, Any]:
    """Return where the logo is and how large. 404 `no_logo`."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        return _shown(service.logo(driver_connection(session), caller.controller_id))


@blp.put("/logo")
@requires("branding:write")
@body_limit(MAX_UPLOAD)
@blp.doc(requestBody=_BODY)
@blp.response(200, LogoShown)
def put_logo() -> dict[str, Any]:
    """Replace the logo by the image in the body: PNG, JPEG, WebP or GIF, at most 1 MiB.

    Pages show it within half a minute. 422 `invalid_image`; SVG is refused, since it can hold
    scripts.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        logo = service.put_logo(
            driver_connection(session),
            caller.controller_id,
            request.get_data(),
            actor=caller.actor,
        )
    service.forget(caller.controller_id)
    return _shown(logo)


@blp.delete("/logo")
@requires("branding:write")
@blp.response(204)
@blp.alt_response(404, "NOT_FOUND")
def delete_logo() -> None:
    """Remove the logo. 404 `no_logo`."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        service.delete_logo(driver_connection(session), caller.controller_id, actor=caller.actor)
    service.forget(caller.controller_id)


def _shown(logo: Logo) -> dict[str, Any]:
    return {
        "url": rendering.public_root() + logo.path,
        "width": logo.width,
        "height": logo.height,
        "bytes": logo.bytes,
        "uploaded_at": logo.uploaded_at,
    }
