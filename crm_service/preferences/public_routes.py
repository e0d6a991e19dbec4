"""The preference page: the link of a mail may leave and turn down; more asks for a fresh proof.

GET changes nothing. The token in the path is the only credential; a form that another site sends is
refused all the same. Failures: 403, 404, 413, 422 for what is not on the page, 429, 503.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace

import structlog
from flask import Blueprint, Response, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from crm_service.clock import utcnow
from crm_service.db import driver_connection, pipeline, transaction
from crm_service.pages import rendering
from crm_service.pages.languages import LANGUAGES, supported
from crm_service.preferences import pages, service
from crm_service.preferences.pages import Done
from crm_service.preferences.service import FREQUENCIES, Standing
from crm_service.proofs import failing, refusals
from crm_service.proofs import service as proofs
from crm_service.proofs.service import Handing
from crm_service.proofs.throttling import throttle
from crm_service.subjects import service as subjects
from crm_service.unsubscribe import forms, undo_proof
from crm_service.unsubscribe import pages as link_pages
from crm_service.unsubscribe import service as leaving
from crm_service.unsubscribe.reaching import canonical, keyring, proof_of, proven, reached
from crm_service.unsubscribe.service import Outcome
from crm_service.unsubscribe.tokens import Link
from crm_service.web.auth import public
from crm_service.web.requests import body_limit
from crm_service.web.same_origin import is_own_form

log = structlog.get_logger(__name__)

blp = Blueprint("preferences", __name__, template_folder="templates")


@blp.get("/u/<token>/preferences")
@public
def show(token: str) -> Response:
    """Show every topic and choice, as they stand."""
    controller_id, link = reached(token)
    return _shown(controller_id, link)


@blp.post("/u/<token>/preferences")
@public
@body_limit(forms.BODY_LIMIT)
def change(token: str) -> Response:
    """Do what one button says: leave, pause, set how often, or ask to receive more."""
    if not is_own_form():
        return refusals.elsewhere()
    fields = forms.read(request)
    controller_id, link = reached(token)
    standing = service.look(controller_id, link)
    for name, do in _ACTIONS:
        if name in fields:
            answer = do(controller_id, link, standing, fields)
            return answer or _shown(controller_id, link, status=422)
    return _shown(controller_id, link, status=422)


def _leave_everything(
    controller_id: uuid.UUID, link: Link, _standing: Standing, fields: MultiDict[str, str]
) -> Response | None:
    if not forms.wants_everything(fields):
        return None
    return _left(controller_id, replace(link, topic_ref=0), link, Done("everything"))


def _leave(
    controller_id: uuid.UUID, link: Link, standing: Standing, fields: MultiDict[str, str]
) -> Response | None:
    topic = standing.topic(fields["topic"])
    if topic is None:
        return None
    left = replace(link, topic_ref=topic.link_ref)
    if fields.get("by") == "phone" and standing.phone_key:
        left = service.by_phone(left, standing.phone_key)
    return _left(controller_id, left, link, Done("topic", topic))


def _left(controller_id: uuid.UUID, left: Link, link: Link, done: Done) -> Response:
    outcome = leaving.unsubscribe(
        controller_id, left, everything=done.kind == "everything", source=service.SOURCE
    )
    proof = proof_of(left, outcome)
    return _shown(controller_id, link, replace(done, token=canonical(left), proof=proof))


def _pause(
    controller_id: uuid.UUID, link: Link, standing: Standing, fields: MultiDict[str, str]
) -> Response | None:
    wanted = fields.get("pause_for", "")
    topic = standing.topic(wanted)
    if fields["pause"] not in map(str, service.PAUSES) or (wanted and topic is None):
        return None
    paused = service.pause(controller_id, link, topic=topic, days=int(fields["pause"]))
    proof = proof_of(link, Outcome("marketing", None, paused.correlation, changed=True))
    done = Done("pause", topic, paused, canonical(link), proof)
    return _shown(controller_id, link, done)


def _deliver(
    controller_id: uuid.UUID, link: Link, standing: Standing, fields: MultiDict[str, str]
) -> Response | None:
    frequency = fields["frequency"]
    language = fields.get("language") or None
    if frequency not in FREQUENCIES or (language and language not in LANGUAGES):
        return None
    if link.channel != "email":
        return None
    before = (standing.frequency, standing.language)
    is_undo = proven(link, fields.get("proof", "")) == _named((frequency, language))
    if service.is_more(frequency, standing.frequency) and not is_undo:
        return _asked(controller_id, link, {"frequency": frequency, "language": language})
    with pipeline(controller_id) as connection:
        is_changed = service.prefer(
            connection, controller_id, link.address_key, frequency=frequency, language=language
        )
    if is_undo or not is_changed:
        return _shown(controller_id, link, Done("saved"))
    proof = undo_proof.issue(keyring(), link, _named(before), utcnow())
    return _shown(controller_id, link, Done("saved", proof=proof, before=before))


def _named(preferred: tuple[str, str | None]) -> uuid.UUID:
    """Return what a proof of undo names: to go back to exactly this is no way to more."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "preferences:{}:{}".format(*preferred))


def _join(
    controller_id: uuid.UUID, link: Link, standing: Standing, fields: MultiDict[str, str]
) -> Response | None:
    topic = standing.topic(fields["join"])
    if topic is None or not topic.may_join:
        return None
    return _asked(controller_id, link, {"topic": topic.slug})


#: By the field that a button sends, the gravest first.
_ACTIONS = (
    ("scope", _leave_everything),
    ("topic", _leave),
    ("pause", _pause),
    ("frequency", _deliver),
    ("join", _join),
)


def _asked(controller_id: uuid.UUID, link: Link, payload: Mapping[str, object]) -> Response:
    """Send a link to the address, if a contact bears it, and answer alike if none does."""
    throttle(controller_id, link.address_key)
    view = leaving.describe(controller_id, replace(link, topic_ref=0))
    standing = service.look(controller_id, link)
    with transaction(controller_id) as session:
        connection = driver_connection(session)
        subject_id = subjects.find(connection, controller_id, link.address_key)
        proofs.request(
            connection,
            controller_id,
            handing=Handing.by(current_app.extensions["crm.settings"]),
            subject_id=subject_id if standing.is_known else None,
            address_key=link.address_key,
            purpose="preferences",
            language=supported(request.args.get("lang")) or standing.language or view.language,
            payload=payload,
        )
    return pages.asked(canonical(link), view)


def _shown(
    controller_id: uuid.UUID, link: Link, done: Done | None = None, *, status: int = 200
) -> Response:
    view = leaving.describe(controller_id, replace(link, topic_ref=0))
    standing = service.look(controller_id, link)
    return pages.show(canonical(link), view, standing, done=done, status=status)


@blp.errorhandler(404)
def unknown_link(_error: HTTPException) -> Response:
    """Answer every link that is not ours alike."""
    return link_pages.unknown_link()


@blp.errorhandler(leaving.SenderLeft)
def sender_left(_error: Exception) -> Response:
    """Answer the link of a controller that left: nothing is sent for it any more (ADR 0034)."""
    return link_pages.sender_left(request.method)


@blp.errorhandler(413)
def too_large(_error: HTTPException) -> Response:
    """Refuse a body that no page of ours sends."""
    return link_pages.too_large()


@blp.after_request
def keep_private(response: Response) -> Response:
    """Put the pages' headers on every answer, errors and OPTIONS included."""
    return rendering.protect(response)


def _sent() -> list[tuple[str, str]] | None:
    """Return the fields of the POST that failed, so that they can be sent once more."""
    return list(forms.read(request).items(multi=True)) if request.method == "POST" else None


failing.in_words(blp, lambda status: link_pages.try_again(status, _sent()))
