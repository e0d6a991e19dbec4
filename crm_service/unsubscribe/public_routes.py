"""What recipients and their mailbox providers call: no key, no login, no cookie (rules 10 to 16).

GET, HEAD and OPTIONS change nothing: security gateways fetch every link of a message. Only where a
policy insists on link mode ``instant`` does a GET act, if nothing about it speaks of a machine
(rule 13). A POST acts at once and answers 200 without a redirect, whoever sends it and whatever its
body is (RFC 8058 section 3.1). Failures: 404, identical for every link that is not ours; 410 where
the controller left this service; 413 for a body beyond 8 KiB; 503 when the write failed, so that
the sender tries again.
"""

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import structlog
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException

from crm_service.pages import rendering
from crm_service.proofs import failing
from crm_service.unsubscribe import fetches, forms, machines, pages, service
from crm_service.unsubscribe.reaching import canonical, proof_of, proven, reached
from crm_service.unsubscribe.tokens import Link
from crm_service.web.auth import public
from crm_service.web.callers import ip_prefix
from crm_service.web.requests import body_limit

log = structlog.get_logger(__name__)

blp = Blueprint("recipients", __name__, template_folder="templates")

#: A link as it is, upper-cased by mail software, with a broken line or with more slashes behind.
_LINKS = ("/u/<token>", "/U/<token>", "/u/<path:token>", "/U/<path:token>")

View = TypeVar("View", bound=Callable[..., Response])


def _at_links(method: str) -> Callable[[View], View]:
    def register(view: View) -> View:
        for rule in _LINKS:
            blp.add_url_rule(rule, view_func=view, methods=[method])
        return view

    return register


@_at_links("GET")
@public
def show(token: str) -> Response:
    """Show the page with the one button; or leave at once, in link mode ``instant``."""
    controller_id, link = reached(token)
    view = service.describe(controller_id, link)
    if view.is_instant and _is_opened(controller_id, link) and not view.already:
        outcome = service.unsubscribe(controller_id, link, source="link")
        view = service.describe(controller_id, link)
        return pages.result(canonical(link), view, proof_of(link, outcome))
    return pages.question(canonical(link), view)


@blp.get("/u/")
@blp.get("/U/")
@public
def show_nothing() -> Response:
    """Answer a link that lost its token like every other that is not ours."""
    return show("")


@blp.get("/u/<token>/undo")
@blp.get("/u/<token>/reason")
@blp.get("/u/<token>/result")
@public
def show_instead(token: str) -> Response:
    """Show the page with the one button to who reloads the answer to a form. Changes nothing."""
    controller_id, link = reached(token)
    return pages.question(canonical(link), service.describe(controller_id, link))


@_at_links("POST")
@public
@body_limit(forms.BODY_LIMIT)
def leave(token: str) -> Response:
    """Leave the link's topic, or all marketing, at once: the provider's click or the button."""
    fields = forms.read(request)
    controller_id, link = reached(token)
    on_page = fields.get("via") == "page"
    outcome = service.unsubscribe(
        controller_id,
        link,
        everything=forms.wants_everything(fields),
        source="page" if on_page else "one_click",
    )
    if on_page:
        view = service.describe(controller_id, link)
        return pages.result(canonical(link), view, proof_of(link, outcome))
    if forms.wants_json(request):
        return pages.outcome_as_json(outcome)
    return pages.one_click()


@blp.post("/u/<token>/undo")
@public
@body_limit(forms.BODY_LIMIT)
def undo(token: str) -> Response:
    """Take back the click whose result page sends this, for 30 minutes (rule 14)."""
    proof = forms.read(request).get("proof", "")
    controller_id, link = reached(token)
    correlation = proven(link, proof)
    is_undone = correlation is not None and service.undo(
        controller_id, link, correlation=correlation
    )
    view = service.describe(controller_id, link)
    page = pages.undone if is_undone else pages.not_undone
    return page(canonical(link), view)


@blp.errorhandler(404)
def unknown_link(_error: HTTPException) -> Response:
    """Answer every link that is not ours alike."""
    return _refusal(pages.unknown_link())


@blp.errorhandler(service.SenderLeft)
def sender_left(_error: Exception) -> Response:
    """Answer the link of a controller that left: nothing is sent for it any more (ADR 0034)."""
    return _refusal(pages.sender_left(request.method))


@blp.errorhandler(413)
def too_large(_error: HTTPException) -> Response:
    """Refuse a body that is no click."""
    return _refusal(pages.too_large())


@blp.after_request
def keep_private(response: Response) -> Response:
    """Put the pages' headers on every answer, errors and OPTIONS included."""
    return rendering.protect(response)


def _is_opened(controller_id: uuid.UUID, link: Link) -> bool:
    """Tell whether the request is an ordinary navigation; note it, so that bursts are seen."""
    settings = current_app.extensions["crm.settings"]
    found = machines.signal(
        request.method, request.headers, is_secure=settings.public_url.startswith("https:")
    )
    is_burst = fetches.note(
        controller_id, link, settings.keyring, network=ip_prefix(), is_machine=found is not None
    )
    return found is None and not is_burst and "lang" not in request.args


def _sent() -> list[tuple[str, str]] | None:
    if request.method != "POST":
        return None
    return list(forms.read(request).items(multi=True))


def _refusal(page: Response) -> Response:
    if not forms.wants_json(request) or page.status_code == HTTPStatus.OK:
        return page
    answer = pages.refusal_as_json(page.status_code)
    answer.headers.update({k: v for k, v in page.headers.items() if k == "Retry-After"})
    return answer


failing.in_words(blp, lambda status: _refusal(pages.try_again(status, _sent())))
