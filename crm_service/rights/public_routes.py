"""What everybody may read and ask: how a controller processes data, and one's own rights.

Clauses no-07 and ws-07. No login: asking takes a one-time link that proves the address.

Failures: 404, alike for a controller that there is not and for one that publishes nothing; 429.
"""

from flask import Blueprint, Response, current_app, jsonify, request

from crm_service.contacts import facts as contact_facts
from crm_service.db import transaction
from crm_service.errors import Invalid, NotFound
from crm_service.keyring import Keyring
from crm_service.pages import rendering
from crm_service.proofs import failing, refusals, throttling
from crm_service.rights import knowledge, pages, portal
from crm_service.web import limits
from crm_service.web.auth import public
from crm_service.web.problems import Problem, answer
from crm_service.web.requests import body_limit
from crm_service.web.same_origin import is_own_form

BODY_LIMIT = 8 * 1024

#: What a program is told of a failure: code and detail.
_FAILED = {
    503: ("database_unavailable", "the database cannot be asked; try again in a minute"),
    500: ("internal_error", "something went wrong on our side"),
}

blp = Blueprint("knowledge", __name__, template_folder="templates", url_prefix="/c")


@blp.get("/<slug>", strict_slashes=False)
@public
def show_index(slug: str) -> Response:
    """Lead to what the controller publishes and to its portal; programs are told where they are."""
    with transaction() as session:
        known = knowledge.under_policy(session, slug)
    if not _wants_json():
        return pages.index(known)
    root = f"{current_app.extensions['crm.settings'].public_url}{pages.ROOT}{slug}"
    links = {"rights_url": f"{root}/rights"}
    if known.policy.publication.right_to_know:
        links["privacy_url"] = f"{root}/privacy"
    return jsonify(links)


@blp.get("/<slug>/privacy")
@public
def show_privacy(slug: str) -> Response:
    """Show how the controller processes data; as JSON to whoever asks for that."""
    if _wants_json():
        return privacy_as_json(slug)
    with transaction() as session:
        return pages.privacy(knowledge.published(session, slug))


@blp.get("/<slug>/privacy.json")
@public
def privacy_as_json(slug: str) -> Response:
    """Return how the controller processes data, as JSON."""
    public_url: str = current_app.extensions["crm.settings"].public_url
    with transaction() as session:
        known = knowledge.published(session, slug)
        return jsonify(knowledge.facts(known, f"{public_url}{pages.ROOT}{slug}/rights"))


@blp.get("/<slug>/rights")
@public
def show_portal(slug: str) -> Response:
    """Show the page that asks for the address."""
    with transaction() as session:
        return pages.ask(knowledge.under_policy(session, slug))


@blp.post("/<slug>/rights")
@public
@body_limit(BODY_LIMIT)
def ask_for_link(slug: str) -> Response:
    """Have a one-time link sent; the answer is the same for known and unknown addresses."""
    if not is_own_form():
        return refusals.elsewhere()
    with transaction() as session:
        known = knowledge.under_policy(session, slug)
    keyring: Keyring = current_app.extensions["crm.settings"].keyring
    try:
        email = request.form.get("email", "")
        address_key = contact_facts.email_key(email, keyring.pepper(known.controller_id))
    except Invalid:
        return pages.ask(known, is_refused=True)
    throttling.throttle(known.controller_id, address_key)
    with transaction(known.controller_id) as session:
        portal.send_link(session, known.controller_id, address_key)
    return pages.sent(known)


@blp.errorhandler(NotFound)
def not_published(error: NotFound) -> Response:
    """Answer everything alike behind which nothing is published."""
    limits.take(limits.by_network(limits.UNKNOWN_LINKS))
    if _asks_for_json():
        return answer(Problem(404, error.code, str(error)))
    return pages.unknown()


@blp.after_request
def keep_private(response: Response) -> Response:
    """Put the pages' headers on every answer."""
    return rendering.protect(response)


def _wants_json() -> bool:
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json"])
    return best == "application/json" and accepted[best] > accepted["text/html"]


def _asks_for_json() -> bool:
    return _wants_json() or request.path.endswith(".json")


def _try_again(status: int) -> Response:
    if _asks_for_json():
        return answer(Problem(status, *_FAILED[status], headers={"Retry-After": "60"}))
    return refusals.try_again(status)


failing.in_words(blp, _try_again)
