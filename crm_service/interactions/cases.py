"""Cases that notes are filed to: what is filed stays while its case is open (clause no-04)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.errors import NotFound
from crm_service.interactions import concerning, repository


@dataclass(frozen=True)
class Case:
    """What notes are filed to: they stay while it is open."""

    id: uuid.UUID
    reference: str
    opened_at: datetime
    closed_at: datetime | None


def file_to(
    connection: Connection, row: Mapping[str, Any], reference: str | None
) -> uuid.UUID | None:
    """Return the case of that reference, opened (again) if need be; None without one."""
    if reference is None:
        return None
    facts = {**row, "reference": reference, "now": utcnow()}
    found = connection.execute(repository.OPEN_CASE, facts).fetchone()
    return found[0] if found else None


def of_contact(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID, *, actor: str
) -> list[Case]:
    """Return a contact's cases, the oldest first. Raises ``NotFound``."""
    concerning.email_key(connection, controller_id, contact_id)
    facts = {"controller_id": controller_id, "subject_id": contact_id}
    with connection.cursor(row_factory=class_row(Case)) as cursor:
        found = cursor.execute(repository.CASES, facts).fetchall()
    concerning.audited(connection, controller_id, contact_id, actor, "cases", ["cases"])
    return found


def close(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    case_id: uuid.UUID,
    *,
    actor: str,
) -> Case:
    """Close a case; one that is closed stays as it is. Raises ``NotFound``.

    What is filed to it may go from then on, by the term of its category.
    """
    facts = {
        "controller_id": controller_id,
        "subject_id": contact_id,
        "case_id": case_id,
        "now": utcnow(),
    }
    with connection.cursor(row_factory=class_row(Case)) as cursor:
        found = cursor.execute(repository.CLOSE_CASE, facts).fetchone()
    if found is None:
        raise NotFound("no such case")
    concerning.audited(connection, controller_id, contact_id, actor, "close_case", ["cases"])
    return found
