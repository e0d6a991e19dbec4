"""What mail programs and browsers call: the pixel and the redirect. No key, no cookie.

The pixel's answer is the same for every token, ours or not, recorded or not. A link leads only
where its signed reference says; what cannot be recorded does not hold anybody up.
"""

import uuid
from typing import TYPE_CHECKING, Final

import psycopg
import structlog
from flask import Blueprint, Response, abort, current_app, request
from psycopg_pool import PoolTimeout
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from crm_service.controllers import link_refs
from crm_service.db import pipeline
from crm_service.engagement.tracking import service, tokens
from crm_service.engagement.tracking.service import Use
from crm_service.engagement.tracking.tokens import Tracked
from crm_service.keyring import Keyring
from crm_service.pages import rendering
from crm_service.policies.cache import Remembered
from crm_service.unsubscribe import pages
from crm_service.web.auth import public

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = structlog.get_logger(__name__)

blp = Blueprint("tracking", __name__)

PIXEL: Final = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
#: Fields by which a browser says that nobody looks yet.
_AHEAD: Final = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")

#: Where links lead, which never changes: they lead there also while the database is away.
_destinations: Remembered[str] = Remembered(size=10_000)


class _Redirect(Response):
    """Leads to a destination as it was registered, to the letter: others may have signed it."""

    def __init__(self, url: str) -> None:
        super().__init__(status=302, headers={"Location": url})

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        """Return the headers without the spelling that werkzeug would give the location."""
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers


@blp.get("/o/<path:token>")
@blp.get("/O/<path:token>")
@public
def open_pixel(token: str) -> Response:
    """Answer the pixel, and record the open of whoever permits it."""
    tracked = tokens.read(_keyring(), token)
    try:
        controller_id = link_refs.find(tracked.controller_ref) if tracked else None
        if tracked is not None and controller_id is not None:
            with pipeline(controller_id) as connection:
                service.record(connection, controller_id, _keyring(), tracked, _use())
    except Exception:
        log.exception("open_not_recorded")
    answer = Response(PIXEL, mimetype="image/gif")
    # Shown inside the pages of mail providers.
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@blp.get("/r/<path:token>")
@blp.get("/R/<path:token>")
@public
def follow(token: str) -> Response:
    """Lead where the link leads, and record the click of whoever permits it."""
    found = tokens.read_click(_keyring(), token)
    controller_id = link_refs.find(found[0].controller_ref) if found else None
    if found is None or controller_id is None:
        abort(404)
    url = _destination(controller_id, *found)
    if url is None:
        abort(404)
    try:
        with pipeline(controller_id) as connection:
            service.record(connection, controller_id, _keyring(), found[0], _use(), url=url)
    except Exception:
        log.exception("click_not_recorded")
    return _Redirect(url)


@blp.errorhandler(404)
def unknown_link(_error: HTTPException) -> Response:
    """Answer every link that is not ours alike."""
    return pages.unknown_link()


@blp.errorhandler(psycopg.Error)
@blp.errorhandler(PoolTimeout)
def not_found_now(error: Exception) -> Response:
    """Ask to try again: where the link leads cannot be looked up now."""
    log.warning("link_not_followed", exc_info=error)
    return pages.try_again(503, None)


@blp.after_request
def keep_private(response: Response) -> Response:
    """Put the headers of recipients' pages on every answer: no caching, no referrer, no index."""
    return rendering.protect(response)


def _destination(controller_id: uuid.UUID, tracked: Tracked, ref: str) -> str | None:
    known = _destinations.get(controller_id, ref)
    if known is not None:
        return known
    with pipeline(controller_id) as connection:
        url = service.destination(connection, controller_id, _keyring(), tracked, ref)
    if url is not None:
        _destinations.put(controller_id, ref, url)
    return url


def _use() -> Use:
    purposes = [request.headers.get(name, "").lower() for name in _AHEAD]
    is_ahead = any("prefetch" in said or "preview" in said for said in purposes)
    return Use(
        user_agent=request.headers.get("User-Agent"),
        is_machine=is_ahead or request.method == "HEAD",
    )


def _keyring() -> Keyring:
    keyring: Keyring = current_app.extensions["crm.settings"].keyring
    return keyring
