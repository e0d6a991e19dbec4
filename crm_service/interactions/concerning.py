"""The contact that something is about: that it exists, and who looked."""

import uuid

from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.errors import NotFound
from crm_service.interactions import repository


def email_key(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID
) -> uuid.UUID | None:
    """Return the key of the address that a contact bears, if any. Raises ``NotFound``."""
    facts = {"controller_id": controller_id, "subject_id": contact_id}
    found = connection.execute(repository.CONTACT, facts).fetchone()
    if found is None:
        raise NotFound("no such contact")
    key: uuid.UUID | None = found[0]
    return key


def audited(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    actor: str,
    verb: str,
    fields: list[str],
) -> None:
    """Note who did what with a contact's interactions (rule 38)."""
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action=f"interactions.{verb}",
        subject_id=contact_id,
        fields=fields,
    )
