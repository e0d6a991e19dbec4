"""Where one-time links lead: a page with one button, and what the button does.

What a proof is good for belongs to the rooms above: the application hands their pages down by
purpose. GET and HEAD use nothing up. Failures: 404, identical for every link that does not work;
403 for a form of another site; 413; 429; 503 when the write failed.
"""

from typing import Protocol

import structlog
from flask import Blueprint, Response, current_app

from crm_service.pages import rendering
from crm_service.proofs import failing, refusals, service
from crm_service.proofs.service import Proof, Unusable
from crm_service.web import limits
from crm_service.web.auth import public
from crm_service.web.requests import body_limit
from crm_service.web.same_origin import is_own_form

log = structlog.get_logger(__name__)

blp = Blueprint("proofs", __name__, template_folder="templates")

BODY_LIMIT = 16 * 1024


class ProofPages(Protocol):
    """What a room brings for one purpose, in ``app.extensions["crm.proof_pages"]``."""

    def show(self, proof: Proof, token: str) -> Response:
        """Answer a GET: the page with the button. Changes nothing."""

    def act(self, proof: Proof, token: str) -> Response:
        """Answer the button: redeem the proof in the transaction of what it allows."""


@blp.get("/p/<token>")
@blp.get("/P/<token>")
@public
def show(token: str) -> Response:
    """Show what the link is for, and its button."""
    proof, pages = _reached(token)
    return pages.show(proof, token)


@blp.get("/p/")
@blp.get("/P/")
@public
def show_nothing() -> Response:
    """Answer a link that lost its token like every other that does not work."""
    return show("")


@blp.post("/p/<token>")
@blp.post("/P/<token>")
@public
@body_limit(BODY_LIMIT)
def act(token: str) -> Response:
    """Use the link up and do what it is for."""
    if not is_own_form():
        return refusals.elsewhere()
    proof, pages = _reached(token)
    return pages.act(proof, token)


def _reached(token: str) -> tuple[Proof, ProofPages]:
    try:
        proof = service.show(current_app.extensions["crm.settings"].keyring, token)
    except Unusable:
        limits.take(limits.by_network(limits.UNKNOWN_LINKS))
        raise
    by_purpose: dict[str, ProofPages] = current_app.extensions["crm.proof_pages"]
    pages = by_purpose.get(proof.purpose)
    if pages is None:
        raise Unusable("nothing here answers a proof of this purpose")
    return proof, pages


@blp.errorhandler(Unusable)
@blp.errorhandler(404)
def dead_link(_error: Exception) -> Response:
    """Answer every link that does not work alike."""
    return refusals.dead_link()


@blp.after_request
def keep_private(response: Response) -> Response:
    """Put the pages' headers on every answer, errors and OPTIONS included."""
    return rendering.protect(response)


failing.in_words(blp, refusals.not_stored)
