"""Asking without a login: the one-time link proves the address, and the request comes with it.

Nothing of the person is shown before the link is used, and a link is used by its button alone.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.contacts import reading
from crm_service.db import driver_connection, transaction
from crm_service.pages import languages
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.proofs import service as proofs
from crm_service.proofs.service import Handing, Proof
from crm_service.rights import course, intake, listing, pages, repository, states
from crm_service.rights.intake import Asked
from crm_service.rights.models import RightsRequest
from crm_service.rights.packages import links
from crm_service.subjects import service as subjects

PURPOSE = "rights"
ACTOR = "recipient"

#: Instead of a kind: to see how far one's requests have come.
STATUS = "status"

_MAX_DETAILS = 4000


@dataclass(frozen=True)
class Done:
    """What a used link led to: the request it made or confirmed, and all there are.

    ``packages`` has the path of a new link for each request whose package can be fetched.
    """

    policy: Policy
    made: RightsRequest | None
    requests: list[RightsRequest]
    packages: Mapping[uuid.UUID, str | None]


def send_link(session: Session, controller_id: uuid.UUID, address_key: uuid.UUID) -> None:
    """Have a link sent to the address if a contact bears it; the same work is done if none does."""
    connection = driver_connection(session)
    subject_id = subjects.find(connection, controller_id, address_key) or uuid.uuid4()
    contact = reading.hold_known(session, controller_id, subject_id)
    is_borne = contact is not None and contact.email_key == address_key
    own = languages.supported(contact.language) if contact else None
    proofs.request(
        connection,
        controller_id,
        handing=Handing.by(current_app.extensions["crm.settings"]),
        subject_id=subject_id if is_borne else None,
        address_key=address_key,
        purpose=PURPOSE,
        language=languages.supported(request.args.get("lang")) or own,
    )
    audit.record(connection, controller_id, actor=ACTOR, action="rights.ask_link")


class RightsPages:
    """What a one-time link for rights shows and does; see ``proofs.public_routes.ProofPages``."""

    def show(self, proof: Proof, token: str) -> Response:
        """Show the form, or the question whether it was the person who asked."""
        with transaction(proof.controller_id) as session:
            policy = policies.active(driver_connection(session), proof.controller_id)
            asked = _asked_before(session, proof)
            return pages.form(policy, proof, token, kind=asked.kind if asked else None)

    def act(self, proof: Proof, token: str) -> Response:
        """Use the link up: record what is asked, or that it is this person who asked."""
        with transaction(proof.controller_id) as session:
            policy = policies.active(driver_connection(session), proof.controller_id)
            asked = _asked_before(session, proof)
            wanted = request.form.get("kind", "")
            if asked is None and wanted not in {*policy.rights.due, STATUS}:
                return pages.form(policy, proof, token, kind=None, status=422)
            return pages.done(_use(session, policy, proof, wanted), proof)


def _asked_before(session: Session, proof: Proof) -> RightsRequest | None:
    """Return the request that an operator recorded and this link is to confirm."""
    request_id = proof.payload.get("request_id")
    if request_id is None:
        return None
    return repository.get(session, proof.controller_id, uuid.UUID(str(request_id)))


def _use(session: Session, policy: Policy, proof: Proof, wanted: str) -> Done:
    connection = driver_connection(session)
    used = proofs.redeem(connection, proof.controller_id, proof.id, purpose=PURPOSE)
    made = _asked_before(session, proof)
    if made is not None:
        if made.status in {states.RECEIVED, states.IDENTITY}:
            course.identify(session, made, by="link", actor=ACTOR)
    elif wanted != STATUS:
        made = _receive(session, policy, used, wanted)
    found = repository.of_subject(session, proof.controller_id, used.subject_id)
    listing.note_view(session, proof.controller_id, used.subject_id, len(found), actor=ACTOR)
    packages = {one.id: links.shown(session, policy, one) for one in found}
    return Done(policy, made, list(found), packages)


def _receive(session: Session, policy: Policy, proof: Proof, kind: str) -> RightsRequest:
    told = request.form.get("details", "").replace("\x00", "").strip()[:_MAX_DETAILS]
    asked = Asked(
        kind=kind,
        received_by="portal",
        contact_id=proof.subject_id,
        details=told or None,
        language=proof.language,
    )
    # The contact's id says whom it is about: no address is hashed.
    made = intake.receive(session, proof.controller_id, policy, asked, pepper=b"", actor=ACTOR)
    if made.status == states.RECEIVED:
        course.identify(session, made, by="link", actor=ACTOR)
    return made
