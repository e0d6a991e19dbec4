"""Where each field of a contact comes from (GDPR Art. 14(2)(f); clauses se-02 and si-08).

A field came with the contact, from the contact's own source, unless a later change of it is on
record with another.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.contacts import repository
from crm_service.contacts.facts import Source
from crm_service.contacts.models import Contact
from crm_service.db import Connection, driver_connection
from crm_service.errors import Invalid
from crm_service.policies.document import Policy

#: By this way data came that say nothing of their source.
API, IMPORT = "api", "import"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where one field's value comes from, and when it was recorded."""

    field: str
    kind: str
    reference: str | None
    recorded_at: datetime


def stated(policy: Policy, kind: str = API, reference: str | None = None) -> Source:
    """Return the source to record for one that a caller states.

    Raises ``Invalid`` (``source_not_allowed``) for one that the policy does not name.
    """
    settled = policy.sources.settle(kind)
    if settled is None:
        allowed = ", ".join(policy.sources.allowed)
        raise Invalid(
            f"the policy takes no data from '{kind}'; say where the data come from: {allowed}",
            code="source_not_allowed",
            errors={"source.kind": [f"must be one of: {allowed}"]},
            allowed=list(policy.sources.allowed),
        )
    return Source(kind=settled, reference=reference)


def record(
    connection: Connection, contact: Contact, fields: Collection[str], source: Source
) -> None:
    """Write down where the new values of ``fields`` come from."""
    if fields:
        repository.put_sources(
            connection,
            contact.controller_id,
            contact.id,
            fields=sorted(fields),
            kind=source.kind,
            reference=source.reference,
            now=contact.updated_at,
        )


def read(
    session: Session, controller_id: uuid.UUID, contact_id: uuid.UUID, *, actor: str
) -> list[Provenance]:
    """Return where everything that is known of the contact comes from. Raises ``NotFound``."""
    contact = repository.get(session, controller_id, contact_id)
    connection = driver_connection(session)
    later = repository.sources(connection, controller_id, contact_id)
    found = [_of(contact, name, later) for name in _known(contact)]
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="contacts.provenance",
        subject_id=contact_id,
        fields=[one.field for one in found],
    )
    return found


def _known(contact: Contact) -> list[str]:
    fields = (*contact.known_fields(), "added_at")
    own = [name for name in fields if name not in {"attributes", "source_reference"}]
    return [*own, *(f"attributes.{name}" for name in sorted(contact.attributes))]


def _of(
    contact: Contact, name: str, later: Mapping[str, tuple[str, str | None, datetime]]
) -> Provenance:
    own = (contact.source_kind, contact.source_reference, contact.created_at)
    kind, reference, recorded_at = later.get(name, own)
    return Provenance(field=name, kind=kind, reference=reference, recorded_at=recorded_at)
