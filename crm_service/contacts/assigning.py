"""Whose contacts are whose: assigning them to client managers (clause ws-02).

A client manager sees the contacts assigned to them and no other; PostgreSQL holds to it beneath
every statement. Only keys that are no client manager's assign.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import assignment_repository, knowing, repository
from crm_service.controllers.client_managers import check_name
from crm_service.db import Connection, driver_connection
from crm_service.errors import Invalid


@dataclass(frozen=True)
class Assignment:
    """Who looks after a contact, since when; None: nobody in particular."""

    manager: str | None
    assigned_at: datetime | None


def assign(
    session: Session,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    *,
    manager: str | None,
    actor: str,
) -> Assignment:
    """Assign one contact to a client manager, or to nobody.

    Raises ``NotFound`` and ``Invalid`` (``invalid_client_manager``).
    """
    repository.get(session, controller_id, contact_id)
    connection = driver_connection(session)
    _change(connection, controller_id, {"ids": [contact_id]}, manager, actor)
    _audit(connection, controller_id, actor, manager, subject_id=contact_id)
    return of(connection, controller_id, contact_id)


def assign_all(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    manager: str | None,
    contact_ids: Sequence[uuid.UUID] | None,
    filters: Mapping[str, Any],
    actor: str,
) -> int:
    """Assign contacts named by id, or all that the filters select; return how many changed.

    Raises ``NotFound`` (``unknown_contact``; nothing is assigned then), ``Invalid``
    (``invalid_client_manager``; ``contacts_missing`` unless either is given).
    """
    if (contact_ids is None) == (not filters):
        raise Invalid(
            "say which contacts: either contact_ids or a filter",
            code="contacts_missing",
            errors={"contact_ids": ["give these or a filter"]},
        )
    if contact_ids is not None:
        ids = knowing.require(connection, controller_id, contact_ids)
    which = filters if contact_ids is None else {"ids": ids}
    changed = _change(connection, controller_id, which, manager, actor)
    _audit(connection, controller_id, actor, manager, count=changed, filters=filters)
    return changed


def read(
    session: Session, controller_id: uuid.UUID, contact_id: uuid.UUID, *, actor: str
) -> Assignment:
    """Return who looks after the contact. Raises ``NotFound``."""
    repository.get(session, controller_id, contact_id)
    connection = driver_connection(session)
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="contacts.assignment",
        subject_id=contact_id,
        fields=["manager"],
    )
    return of(connection, controller_id, contact_id)


def of(connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID) -> Assignment:
    """Return who looks after a contact."""
    row = assignment_repository.get(connection, controller_id, contact_id)
    return Assignment(*row) if row else Assignment(None, None)


def _change(
    connection: Connection,
    controller_id: uuid.UUID,
    which: Mapping[str, Any],
    manager: str | None,
    actor: str,
) -> int:
    facts = {"controller_id": controller_id, "manager": manager, "actor": actor, "now": utcnow()}
    if manager is None:
        return assignment_repository.remove(connection, facts, which)
    check_name(manager)
    return assignment_repository.put(connection, facts, which)


def _audit(
    connection: Connection,
    controller_id: uuid.UUID,
    actor: str,
    manager: str | None,
    *,
    subject_id: uuid.UUID | None = None,
    count: int = 1,
    filters: Mapping[str, Any] | None = None,
) -> None:
    told = {name: str(value) for name, value in (filters or {}).items()}
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action="contacts.assign",
        subject_id=subject_id,
        fields=["manager"],
        count=count,
        details={"manager": manager, "filters": told},
    )
