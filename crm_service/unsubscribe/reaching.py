"""From the text in a path to the link that it is, and back to the texts that pages carry."""

import uuid

from flask import abort, current_app, request

from crm_service.clock import utcnow
from crm_service.controllers import link_refs
from crm_service.keyring import Keyring
from crm_service.unsubscribe import tokens, undo_proof
from crm_service.unsubscribe.service import Outcome, SenderLeft
from crm_service.unsubscribe.tokens import Link
from crm_service.web import limits


def reached(text: str) -> tuple[uuid.UUID, Link]:
    """Return whose link this is and what it says; 404 for anything that we did not sign.

    Raises ``SenderLeft`` for a link that we signed for a controller that is gone.
    """
    token, _, behind = text.partition("/")
    link = None if any(map(str.isalnum, behind)) else tokens.read(keyring(), token)
    if link is None:
        # A POST is refused without a look at any limit, since a click may be mistaken for a guess.
        if request.method != "POST":
            limits.take(limits.by_network(limits.UNKNOWN_LINKS))
        abort(404)
    controller_id = link_refs.find(link.controller_ref)
    if controller_id is None:
        raise SenderLeft
    return controller_id, link


def canonical(link: Link) -> str:
    """Return the token for the pages' own links, whatever was left of the one that was opened."""
    return tokens.sign(keyring(), link)


def proof_of(link: Link, outcome: Outcome) -> str | None:
    """Return what lets the page of this click take it back; None where nothing changed."""
    if outcome.correlation is None:
        return None
    return undo_proof.issue(keyring(), link, outcome.correlation, utcnow())


def proven(link: Link, proof: str) -> uuid.UUID | None:
    """Return the correlation of the click that ``proof`` is of; None: forged, or too old."""
    return undo_proof.read(keyring(), link, proof, utcnow())


def keyring() -> Keyring:
    """Return the secrets that links are signed with."""
    found: Keyring = current_app.extensions["crm.settings"].keyring
    return found
