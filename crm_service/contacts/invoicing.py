"""Where organizations' invoices go: their own data, but an address may be a person's (ee-02)."""

import uuid
from collections.abc import Collection
from typing import Any

from crm_service.addresses import address_key, normalize_email
from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection

_INVOICED = """
SELECT id, invoice_emails FROM organizations
WHERE controller_id = %s AND invoice_emails <> '{}' ORDER BY id
"""

_FORGET = """
UPDATE organizations SET version = version + 1, updated_at = %(now)s,
    invoice_emails = ARRAY(SELECT one FROM unnest(invoice_emails) one WHERE one <> ALL (%(theirs)s))
WHERE controller_id = %(controller_id)s AND id = %(id)s
"""


def forget(
    connection: Connection,
    controller_id: uuid.UUID,
    keys: Collection[uuid.UUID],
    *,
    pepper: bytes,
    actor: str,
) -> int:
    """Take a person's addresses out of every organization; return out of how many.

    For an erasure that the person asked for: the controller then asks the organization for another.
    ``keys``: of the person's addresses, before they are forgotten.
    """
    wanted = set(keys)
    changed: list[uuid.UUID] = []
    for organization_id, emails in connection.execute(_INVOICED, (controller_id,)).fetchall():
        theirs = [e for e in emails if address_key(pepper, "email", normalize_email(e)) in wanted]
        if theirs:
            facts: dict[str, Any] = {"controller_id": controller_id, "id": organization_id}
            connection.execute(_FORGET, {**facts, "theirs": theirs, "now": utcnow()})
            changed.append(organization_id)
    for organization_id in changed:
        audit.record(
            connection,
            controller_id,
            actor=actor,
            action="organizations.update",
            fields=["invoice_emails"],
            details={"organization_id": str(organization_id)},
        )
    return len(changed)
