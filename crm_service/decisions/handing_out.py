"""Handing a proof out so that every byte of it is on record.

A proof says more than seals cover: the verdict, the suppressions, what is not proved. So the audit
log, which is sealed, keeps the SHA-256 of the body as it was sent; a copy in a file is compared
with that years later (``crm-service ledger verify-proof``).
"""

import base64
import hashlib
import uuid
from typing import Any

import marshmallow as ma
from flask import Response, current_app

from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.web.auth import principal

#: Why a proof is read: a controller must be able to demonstrate what it did (GDPR Art. 5(2)).
PURPOSE = "accountability"
_FIELDS = ("permissions", "evidence", "suppressions", "restrictions")


def hand_out(
    connection: Connection,
    shape: ma.Schema,
    proof: dict[str, Any],
    *,
    action: str,
    subject_id: uuid.UUID | None,
    details: dict[str, Any],
) -> Response:
    """Return the answer with a proof, recorded under its id; ``Repr-Digest`` as RFC 9530 has it."""
    body = current_app.json.dumps(shape.dump(proof)).encode()
    digest = hashlib.sha256(body)
    caller = principal()
    audit.record(
        connection,
        caller.controller_id,
        actor=caller.actor,
        action=action,
        purpose=PURPOSE,
        subject_id=subject_id,
        fields=_FIELDS,
        details={**details, "sha256": digest.hexdigest()},
        entry_id=proof["proof_id"],
    )
    answer = Response(body, mimetype="application/json")
    answer.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    return answer
