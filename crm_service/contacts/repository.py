"""Queries over contacts and organizations."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from crm_service import arrays
from crm_service.contacts import assignment_repository
from crm_service.contacts.models import Assignment, Contact, Organization
from crm_service.db import Connection
from crm_service.errors import NotFound

_BORNE = """
SELECT email_key FROM contacts
WHERE controller_id = %(controller_id)s AND email_key = ANY (%(keys)s::uuid[])
UNION
SELECT phone_key FROM contacts
WHERE controller_id = %(controller_id)s AND phone_key = ANY (%(keys)s::uuid[])
"""

_BEARERS = """
SELECT DISTINCT ON (phone_key) phone_key, id FROM contacts
WHERE controller_id = %s AND phone_key = ANY (%s::uuid[]) ORDER BY phone_key, added_at, id
"""

_PUT_SOURCES = """
INSERT INTO contact_sources (controller_id, contact_id, field, kind, reference, recorded_at)
SELECT %s, %s, field, %s, %s, %s FROM unnest(%s::text[]) AS field
ON CONFLICT (controller_id, contact_id, field) DO UPDATE
SET kind = excluded.kind, reference = excluded.reference, recorded_at = excluded.recorded_at
"""

_SOURCES = """
SELECT field, kind, reference, recorded_at FROM contact_sources
WHERE controller_id = %s AND contact_id = %s
"""

_ERASE_SOURCES = (
    "DELETE FROM contact_sources WHERE controller_id = %s AND contact_id = ANY (%s::uuid[])"
)

_EMAIL = "SELECT email FROM contacts WHERE controller_id = %s AND id = %s"
_EXISTS = "SELECT EXISTS (SELECT FROM contacts WHERE controller_id = %s AND id = %s)"

_ERASE = """
DELETE FROM contacts WHERE controller_id = %s AND id = ANY (%s::uuid[])
RETURNING email_key, phone_key
"""


_ASSIGNED = sa.and_(
    Assignment.controller_id == Contact.controller_id, Assignment.contact_id == Contact.id
)


def get(session: Session, controller_id: uuid.UUID, contact_id: uuid.UUID) -> Contact:
    """Return the contact. Raises ``NotFound``, also for another controller's (rule 36)."""
    contact = find(session, controller_id, contact_id)
    if contact is None:
        raise NotFound("no such contact")
    return contact


def find(session: Session, controller_id: uuid.UUID, contact_id: uuid.UUID) -> Contact | None:
    """Return the contact, or None."""
    return session.scalar(
        sa.select(Contact).where(Contact.controller_id == controller_id, Contact.id == contact_id)
    )


def exists(connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID) -> bool:
    """Tell whether the subject is a contact now."""
    row = connection.execute(_EXISTS, (controller_id, contact_id)).fetchone()
    return bool(row and row[0])


def email_of(connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID) -> str | None:
    """Return the e-mail address of a contact as it was given, or None."""
    row = connection.execute(_EMAIL, (controller_id, contact_id)).fetchone()
    return row[0] if row else None


def page(
    session: Session,
    controller_id: uuid.UUID,
    *,
    filters: Mapping[str, Any],
    after: uuid.UUID | None,
    limit: int,
) -> Sequence[Contact]:
    """Return contacts in the order of their ids; ``filters`` are columns and their values."""
    query = sa.select(Contact).where(Contact.controller_id == controller_id)
    for name, value in filters.items():
        column = Assignment.manager if name == "assigned_to" else getattr(Contact, name)
        query = query.where(column == value)
    if "assigned_to" in filters:
        query = query.join(Assignment, _ASSIGNED)
    if after is not None:
        query = query.where(Contact.id > after)
    return session.scalars(query.order_by(Contact.id).limit(limit)).all()


def borne(
    connection: Connection, controller_id: uuid.UUID, keys: Sequence[uuid.UUID]
) -> set[uuid.UUID]:
    """Return those of ``keys`` that some contact bears now."""
    facts = {"controller_id": controller_id, "keys": arrays.of_ids(keys)}
    return {row[0] for row in connection.execute(_BORNE, facts)}


def phone_bearers(
    connection: Connection, controller_id: uuid.UUID, keys: Sequence[uuid.UUID]
) -> dict[uuid.UUID, uuid.UUID]:
    """Return for each phone key that is borne the contact that was known first with it."""
    return dict(connection.execute(_BEARERS, (controller_id, arrays.of_ids(keys))).fetchall())


def erase(
    connection: Connection, controller_id: uuid.UUID, contact_ids: Sequence[uuid.UUID]
) -> list[tuple[uuid.UUID | None, uuid.UUID | None]]:
    """Delete contacts; return of each that was there the keys of the addresses it bore."""
    connection.execute(_ERASE_SOURCES, (controller_id, arrays.of_ids(contact_ids)))
    assignment_repository.erase(connection, controller_id, contact_ids)
    rows = connection.execute(_ERASE, (controller_id, arrays.of_ids(contact_ids))).fetchall()
    return [(row[0], row[1]) for row in rows]


def put_sources(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    *,
    fields: Sequence[str],
    kind: str,
    reference: str | None,
    now: datetime,
) -> None:
    """Set the source of fields of a contact."""
    facts = (controller_id, contact_id, kind, reference, now, list(fields))
    connection.execute(_PUT_SOURCES, facts)


def sources(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID
) -> dict[str, tuple[str, str | None, datetime]]:
    """Return kind, reference and time of the fields that did not come with the contact."""
    rows = connection.execute(_SOURCES, (controller_id, contact_id)).fetchall()
    return {field: (kind, reference, at) for field, kind, reference, at in rows}


def get_organization(
    session: Session, controller_id: uuid.UUID, organization_id: uuid.UUID
) -> Organization:
    """Return the organization. Raises ``NotFound``, also for another controller's (rule 36)."""
    organization = find_organization(session, controller_id, organization_id)
    if organization is None:
        raise NotFound("no such organization")
    return organization


def find_organization(
    session: Session,
    controller_id: uuid.UUID,
    organization_id: uuid.UUID,
    *,
    for_update: bool = False,
) -> Organization | None:
    """Return the organization, or None; ``for_update`` waits for other writers of it."""
    query = sa.select(Organization).where(
        Organization.controller_id == controller_id, Organization.id == organization_id
    )
    return session.scalar(query.with_for_update() if for_update else query)


def organizations_page(
    session: Session, controller_id: uuid.UUID, *, after: uuid.UUID | None, limit: int
) -> Sequence[Organization]:
    """Return organizations in the order of their ids."""
    query = sa.select(Organization).where(Organization.controller_id == controller_id)
    if after is not None:
        query = query.where(Organization.id > after)
    return session.scalars(query.order_by(Organization.id).limit(limit)).all()
