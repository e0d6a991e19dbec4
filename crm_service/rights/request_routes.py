"""HTTP for rights requests: what operators do with them (GDPR Art. 12 to 22)."""

import uuid
from datetime import date, timedelta
from typing import Any

from flask import current_app
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm_service.clock import utcnow
from crm_service.db import driver_connection, transaction
from crm_service.keyring import Keyring
from crm_service.policies import service as policies
from crm_service.rights import (
    certificates,
    course,
    deciding,
    intake,
    letters,
    listing,
    proving,
    repository,
)
from crm_service.rights import schemas as shapes
from crm_service.rights.certificate_schemas import ErasureCertificate
from crm_service.rights.fee_schemas import OneRightsRequest
from crm_service.rights.models import RightsRequest
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.principal import Principal

blp = Blueprint(
    "rights_requests", __name__, url_prefix="/v1/rights-requests", description="Rights requests"
)

_DUE_SOON = timedelta(days=3)


@blp.post("")
@requires("rights:write")
@blp.arguments(shapes.NewRightsRequest)
@blp.response(201, shapes.RightsRequestShape)
def receive_request(new: dict[str, Any]) -> ResponseReturnValue:
    """Record what a person asks; the clock runs from its receipt.

    An objection to marketing and a withdrawal take effect with this very answer.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        policy = policies.active(driver_connection(session), caller.controller_id)
        request = intake.receive(
            session,
            caller.controller_id,
            policy,
            intake.Asked(**new),
            pepper=_keyring().pepper(caller.controller_id),
            actor=caller.actor,
        )
        return listing.facts(request), 201, {"Location": f"/v1/rights-requests/{request.id}"}


@blp.get("")
@requires("rights:read")
@blp.arguments(shapes.RightsRequestQuery, location="query")
@blp.response(200, shapes.RightsRequestPage)
def list_requests(query: dict[str, Any]) -> dict[str, Any]:
    """List requests, the next one due first; `overdue` and `due_soon` are the alarms."""
    caller = principal()
    limit, position = query.pop("limit"), paging.after(query.pop("cursor"))
    if query.pop("due_soon", False):
        query["due_by"] = (utcnow() + _DUE_SOON).date()
    with transaction(caller.controller_id) as session:
        found = listing.page(
            session,
            caller.controller_id,
            filters=query,
            after=(date.fromisoformat(position[0]), uuid.UUID(position[1])) if position else None,
            limit=limit,
            actor=caller.actor,
        )
        rows = [listing.facts(request) for request in found]
        return paging.page(rows, limit, lambda row: [row["due_on"].isoformat(), row["id"]])


@blp.get("/<uuid:request_id>")
@requires("rights:read")
@blp.response(200, OneRightsRequest)
def get_request(request_id: uuid.UUID) -> dict[str, Any]:
    """Return one request, with its letter once it is decided."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        request = listing.read(session, caller.controller_id, request_id, actor=caller.actor)
        return _whole(session, request)


@blp.post("/<uuid:request_id>/identity")
@requires("rights:write")
@blp.arguments(shapes.Identity)
@blp.response(200, shapes.RightsRequestShape)
def establish_identity(given: dict[str, Any], request_id: uuid.UUID) -> dict[str, Any]:
    """Establish who asks: by your own word, or by a one-time link that is sent to the address."""
    caller = principal()
    if given["method"] == "link":
        proving.throttle(caller.controller_id, request_id)
    with transaction(caller.controller_id) as session:
        request = course.hold(session, caller.controller_id, request_id)
        if given["method"] == "link":
            proving.send_link(session, request, actor=caller.actor)
        else:
            course.identify(
                session, request, by="attestation", actor=caller.actor, note=given.get("note")
            )
        return listing.facts(request)


@blp.post("/<uuid:request_id>/information")
@requires("rights:write")
@blp.arguments(shapes.Question)
@blp.response(200, shapes.RightsRequestShape)
def ask_for_information(given: dict[str, Any], request_id: uuid.UUID) -> dict[str, Any]:
    """Ask the person for more; the clock stops only where the policy says so."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        request = course.hold(session, caller.controller_id, request_id)
        course.ask(session, request, actor=caller.actor, **given)
        return listing.facts(request)


@blp.post("/<uuid:request_id>/information/received")
@requires("rights:write")
@blp.response(200, shapes.RightsRequestShape)
def receive_information(request_id: uuid.UUID) -> dict[str, Any]:
    """Note that the person has answered: a clock that stood still runs on."""
    return _step(request_id, course.hear)


@blp.post("/<uuid:request_id>/extension")
@requires("rights:write")
@blp.arguments(shapes.Reasons)
@blp.response(200, shapes.RightsRequestShape)
def extend_period(given: dict[str, Any], request_id: uuid.UUID) -> dict[str, Any]:
    """Take more time, as far as the policy allows it, for reasons that the person is told."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        request = course.hold(session, caller.controller_id, request_id)
        course.extend(session, request, reasons=given["reasons"], actor=caller.actor)
        return listing.facts(request)


@blp.post("/<uuid:request_id>/decision")
@requires("rights:write")
@blp.arguments(shapes.NewDecision)
@blp.response(200, shapes.DecidedRightsRequest)
def decide_request(given: dict[str, Any], request_id: uuid.UUID) -> dict[str, Any]:
    """Decide, and do what is granted: correct, erase, restrict.

    A refusal needs a ground of the policy; an objection to marketing and a withdrawal take none.
    The answer holds the letter to the person.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        request = course.hold(session, caller.controller_id, request_id)
        decided = deciding.decide(
            session,
            request,
            deciding.Decision(**given),
            pepper=_keyring().pepper(caller.controller_id),
            actor=caller.actor,
        )
        facts = {**listing.facts(request), "letter": decided.letter}
        return {**facts, "answer_to": decided.answer_to}


@blp.post("/<uuid:request_id>/close")
@requires("rights:write")
@blp.response(200, shapes.RightsRequestShape)
def close_request(request_id: uuid.UUID) -> dict[str, Any]:
    """Close a decided request: the person was told."""
    return _step(request_id, course.close)


@blp.get("/<uuid:request_id>/certificate")
@requires("rights:read")
@blp.response(200, ErasureCertificate)
@blp.alt_response(409, "CONFLICT")
def get_certificate(request_id: uuid.UUID) -> dict[str, Any]:
    """Return what an erasure erased and what it left, why, and how far recipients have confirmed.

    Its digest is in the audit log, under a seal. 409 `no_certificate` where nobody was erased.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        request = listing.read(session, caller.controller_id, request_id, actor=caller.actor)
        found = certificates.read(driver_connection(session), request)
        has_journal = current_app.extensions["crm.settings"].journal_path is not None
        letter = letters.write(course.policy_of(session, request), request)
        backups = "erased_again_after_a_restore" if has_journal else "no_journal"
        return {**found, "backups": backups, "letter": letter}


def _step(request_id: uuid.UUID, step: Any) -> dict[str, Any]:
    caller: Principal = principal()
    with transaction(caller.controller_id) as session:
        request = course.hold(session, caller.controller_id, request_id)
        step(session, request, actor=caller.actor)
        return listing.facts(request)


def _whole(session: Session, request: RightsRequest) -> dict[str, Any]:
    policy = course.policy_of(session, request)
    return {
        **listing.facts(request),
        "letter": letters.write(policy, request),
        "fee_letter": letters.write_fee(policy, request),
        "previous_requests": repository.before(session, request),
    }


def _keyring() -> Keyring:
    keyring: Keyring = current_app.extensions["crm.settings"].keyring
    return keyring
