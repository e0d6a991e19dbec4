"""HTTP for decisions: what was decided, and what it rested on."""

import uuid
from typing import Any

from flask import Response, current_app

from crm_service.audit import service as audit
from crm_service.db import driver_connection, transaction
from crm_service.decisions import asked, documents, proving, records
from crm_service.decisions.handing_out import PURPOSE, hand_out
from crm_service.decisions.kept import Kept
from crm_service.decisions.proof_schemas import VerdictProof
from crm_service.decisions.schemas import DecisionRecord, NewProof
from crm_service.errors import Invalid
from crm_service.web import idempotency
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.requests import body_limit

blp = Blueprint(
    "decisions",
    __name__,
    url_prefix="/v1/decisions/<uuid:decision_id>",
    description="Proving what an eligibility check decided",
)

#: The answer to 10,000 addresses with all that can be handed out.
_MAX_BODY = 16 * 1024 * 1024
_ADDRESSES = ("email", "phone", "contact_id")


@blp.get("")
@requires("audit:read")
@blp.response(200, DecisionRecord)
def get_decision(decision_id: uuid.UUID) -> dict[str, Any]:
    """Tell what was decided when, under which version of the policy, and how it is sealed."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = records.get(connection, caller.controller_id, decision_id)
        audit.record(
            connection,
            caller.controller_id,
            actor=caller.actor,
            action="decisions.read",
            purpose=PURPOSE,
            count=0,
            details={"decision_id": decision_id},
        )
        return documents.decision(found)


@blp.post("/proof")
@requires("audit:read")
@idempotency.only_reads
@body_limit(_MAX_BODY)
@blp.arguments(NewProof)
@blp.response(200, VerdictProof)
def prove_verdict(given: dict[str, Any], decision_id: uuid.UUID) -> Response:
    """Prove the verdict on one address as of that decision, whatever was recorded since.

    Returns the ledger entries and suppressions that it rested on, with digests and seals; the
    policy's terms; the verdict reached again over them; and what of all this is not proved
    (`limits`). Works after withdrawals and after erasure. With the answer that was kept, tells
    whether it is the one whose digest is on record.
    """
    caller = principal()
    pepper: bytes = current_app.extensions["crm.settings"].keyring.pepper(caller.controller_id)
    named = {name: given[name] for name in _ADDRESSES if name in given}
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        decision = records.get(connection, caller.controller_id, decision_id)
        kept = _kept(given, decision_id)
        sought = proving.sought(decision)
        address = asked.address(connection, caller.controller_id, sought, named, pepper)
        found = proving.prove(
            connection, caller.controller_id, decision, address, kept, pepper=pepper
        )
        return hand_out(
            connection,
            VerdictProof(),
            documents.proof(found, uuid.uuid4()),
            action=records.OF_DECISION,
            subject_id=found.only_subject,
            details={"decision_id": decision_id},
        )


def _kept(given: dict[str, Any], decision_id: uuid.UUID) -> Kept:
    answer = given.get("answer")
    if answer is None:
        return Kept(given.get("results"), given.get("results_sha256"))
    results = answer.get("results")
    is_usable = isinstance(results, list) and all(isinstance(one, dict) for one in results)
    if not is_usable or answer.get("decision_id") != str(decision_id):
        raise Invalid(
            "this is not the answer that bears this decision's id; give it as it was received",
            code="other_decision",
            errors={"answer": ["must be the answer with this decision_id, and its results"]},
        )
    return Kept(results)
