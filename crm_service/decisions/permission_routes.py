"""HTTP for proofs of a moment, and for what is on record of every proof."""

import uuid
from typing import Any

from flask import Response, current_app

from crm_service.audit import service as audit
from crm_service.db import driver_connection, transaction
from crm_service.decisions import documents, moments, records
from crm_service.decisions.findings import OfMoment
from crm_service.decisions.handing_out import PURPOSE, hand_out
from crm_service.decisions.moments import Asked
from crm_service.decisions.proof_schemas import PermissionProof
from crm_service.decisions.schemas import NewPermissionProof, ProofRecord
from crm_service.web import idempotency
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "permission-proofs",
    __name__,
    url_prefix="/v1",
    description="Proving what was permitted at any past moment",
)

_ADDRESSES = ("email", "phone", "contact_id")


@blp.post("/permission-proofs")
@requires("audit:read")
@idempotency.only_reads
@blp.arguments(NewPermissionProof)
@blp.response(200, PermissionProof)
def prove_permission(given: dict[str, Any]) -> Response:
    """Prove whether it was permitted at a moment, and under which version of the policy.

    Answers as a check of that moment would have been answered, for a topic or a whole purpose,
    whether or not one was made; returns the ledger entries with digests and seals, suppressions and
    restrictions that stood, the policy's terms, and what of all this is not proved (`limits`).
    Works after withdrawals and after erasure. What was recorded later about that moment is in
    `verdict_by_facts`. The digest of the whole answer goes on record (`Repr-Digest`).
    """
    caller = principal()
    pepper: bytes = current_app.extensions["crm.settings"].keyring.pepper(caller.controller_id)
    named = {name: given[name] for name in _ADDRESSES if name in given}
    asked = Asked(
        at=given["at"],
        named=named,
        purpose=given.get("purpose"),
        topic=given.get("topic"),
        channel=given.get("channel"),
    )
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        found = moments.prove(connection, caller.controller_id, asked, pepper=pepper)
        return hand_out(
            connection,
            PermissionProof(),
            documents.moment(found),
            action=records.OF_MOMENT,
            subject_id=found.only_subject,
            details=_details(found),
        )


def _details(found: OfMoment) -> dict[str, Any]:
    question = found.question
    return {
        "at": question.now,
        "purpose": question.purpose.slug,
        "topic": question.topic or None,
        "channel": question.channel,
        "policy_version": found.activation.version,
        "eligible": found.verdict["eligible"],
    }


@blp.get("/proof-records/<uuid:proof_id>")
@requires("audit:read")
@blp.response(200, ProofRecord)
def get_proof_record(proof_id: uuid.UUID) -> dict[str, Any]:
    """Tell what is on record of a proof: the digest of its body, and the seal over this record.

    Keep it beside the proof: `crm-service ledger verify-proof` compares both without a server.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        entry, sealed = records.of_proof(connection, caller.controller_id, proof_id)
        audit.record(
            connection,
            caller.controller_id,
            actor=caller.actor,
            action="proofs.read",
            purpose=PURPOSE,
            count=0,
            details={"proof_id": proof_id},
        )
        return documents.record(entry, sealed)
