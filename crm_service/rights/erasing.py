"""Erasing a person who asked for it (GDPR Art. 17; clauses si-12, ws-05, ee-16)."""

from typing import Any

from crm_service.clock import utcnow
from crm_service.contacts import invoicing
from crm_service.contacts.facts import EMAIL, PHONE
from crm_service.db import Connection
from crm_service.rights import service
from crm_service.rights.models import RightsRequest
from crm_service.subjects import service as subjects
from crm_service.suppression import service as suppression
from crm_service.suppression.service import Block

SOURCE = "rights_request"


def erase(
    connection: Connection, request: RightsRequest, *, actor: str, pepper: bytes
) -> dict[str, Any]:
    """Erase the person everywhere; return in numbers what was done.

    What stays blocks all marketing, to compare with (rule 5). The person's addresses go from those
    for invoices of organizations, too.
    """
    held = subjects.addresses(connection, request.controller_id, request.subject_id)
    keys = [address.address_key for address in held]
    organizations = invoicing.forget(
        connection, request.controller_id, keys, pepper=pepper, actor=actor
    )
    blocked = block(connection, request)
    touched = service.erase_subject(
        connection,
        request.controller_id,
        request.subject_id,
        ground=request.ground or SOURCE,
        actor=actor,
        request_id=request.id,
    )
    return {
        "erased": {**touched, "organizations": organizations},
        "kept": {"suppressions": blocked},
    }


def block(connection: Connection, request: RightsRequest) -> int:
    """Block the person's addresses for all marketing, as after an erasure; return how many."""
    now = utcnow()
    blocks = [
        Block(
            address_key=address.address_key,
            scope="marketing",
            reason="erasure",
            source=SOURCE,
            suppressed_at=now,
        )
        for address in subjects.addresses(connection, request.controller_id, request.subject_id)
        if address.kind in {EMAIL, PHONE}
    ]
    suppression.suppress(connection, request.controller_id, blocks, correlation=request.id)
    return len(blocks)
