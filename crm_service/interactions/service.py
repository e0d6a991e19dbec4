"""What a person and the controller had to do with each other beyond messages.

Recorded with what retention needs: a category, a purpose, the case that a note is filed to (clauses
no-04, se-04, si-04, ee-09). The thing itself, a recording say, stays where it is: only its
reference is kept.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from crm_service.addresses import InvalidAddress, normalize_phone
from crm_service.clock import utcnow
from crm_service.contacts import admitting
from crm_service.db import Connection
from crm_service.errors import Conflict, Invalid
from crm_service.interactions import cases, concerning, last, repository
from crm_service.policies import categories, purposes
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.subjects import service as subjects

#: Each kind with the category of retention that it belongs to unless it is told otherwise.
CATEGORIES = {
    "call": "call_log",
    "chat": "conversations",
    "meeting": "conversations",
    "order": "transactions",
    "inquiry": "inquiries",
    "note": "case_notes",
    "recording": "recordings",
}
KINDS = tuple(CATEGORIES)

#: A recording is kept elsewhere and a note is somebody's own: neither is the person's doing.
_NOT_THE_PERSONS = frozenset({"note", "recording"})


@dataclass(frozen=True)
class Interaction:
    """One interaction. Retention may have taken ``occurred_at`` and ``number`` away (no-04)."""

    id: uuid.UUID
    kind: str
    category: str
    purpose: str
    direction: str | None
    occurred_at: datetime | None
    number: str | None
    note: str | None
    record_system: str | None
    record_id: str | None
    case_id: uuid.UUID | None
    case_reference: str | None
    case_closed_at: datetime | None
    recorded_by: str
    recorded_at: datetime


def add(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    *,
    facts: Mapping[str, Any],
    actor: str,
) -> Interaction:
    """Record an interaction of a contact, and that there was one.

    ``facts``: kind and occurred_at, and any of category, purpose, direction, number, note, record
    (system, id) and case (its reference; opened, or opened again, if need be). Raises ``NotFound``
    for an unknown contact, ``Invalid`` for what the policy lacks (``unknown_purpose``,
    ``unknown_category``) or a number that is none, (``record_missing``) for a recording without its
    reference, ``Conflict`` (``restricted``, ``processing_stopped``) unless ``necessary_for`` names
    a ground for it.
    """
    subjects.lock(connection, [contact_id])
    email_key = concerning.email_key(connection, controller_id, contact_id)
    policy = policies.active(connection, controller_id)
    row = _row(policy, facts) | {
        "controller_id": controller_id,
        "subject_id": contact_id,
        "recorded_by": actor,
    }
    admitting.admit_record(
        connection, controller_id, contact_id, policy, facts, purpose=row["purpose"], actor=actor
    )
    row["case_id"] = cases.file_to(connection, row, facts.get("case"))
    [interaction_id] = connection.execute(repository.ADD, row).fetchone() or [None]
    if row["kind"] not in _NOT_THE_PERSONS and email_key is not None:
        at = min(row["occurred_at"], utcnow())
        last.interacted(connection, controller_id, {email_key: at})
    concerning.audited(connection, controller_id, contact_id, actor, "add", sorted(facts))
    return _get(connection, controller_id, interaction_id)


def _row(policy: Policy, facts: Mapping[str, Any]) -> dict[str, Any]:
    kind = facts["kind"]
    record = facts.get("record") or {}
    if kind == "recording" and not record:
        raise Invalid(
            "a recording is kept elsewhere: say where, by record.system and record.id",
            code="record_missing",
            errors={"record": ["is needed for a recording"]},
        )
    return {
        "kind": kind,
        "category": categories.of_interaction(policy, facts.get("category") or CATEGORIES[kind]),
        "purpose": purposes.named(policy, facts.get("purpose")),
        "direction": facts.get("direction"),
        "occurred_at": facts["occurred_at"],
        "number": _number(facts.get("number")),
        "note": facts.get("note"),
        "record_system": record.get("system"),
        "record_id": record.get("id"),
    }


def _number(stated: str | None) -> str | None:
    if stated is None:
        return None
    try:
        return normalize_phone(stated)
    except InvalidAddress as error:
        raise Invalid(
            str(error), code=error.code, errors={"number": ["must be in international form"]}
        ) from None


def page(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    *,
    kind: str | None,
    before: tuple[datetime, uuid.UUID] | None,
    limit: int,
    actor: str,
) -> list[Interaction]:
    """Return a contact's interactions, those recorded last first. Raises ``NotFound``."""
    concerning.email_key(connection, controller_id, contact_id)
    facts = {
        "controller_id": controller_id,
        "subject_id": contact_id,
        "kind": kind,
        "before": before[0] if before else None,
        "before_id": before[1] if before else None,
        "limit": limit,
    }
    with connection.cursor(row_factory=class_row(Interaction)) as cursor:
        found = cursor.execute(repository.PAGE, facts).fetchall()
    concerning.audited(connection, controller_id, contact_id, actor, "list", ["interactions"])
    return found


def _get(
    connection: Connection, controller_id: uuid.UUID, interaction_id: uuid.UUID | None
) -> Interaction:
    facts = {"controller_id": controller_id, "id": interaction_id}
    with connection.cursor(row_factory=class_row(Interaction)) as cursor:
        found = cursor.execute(repository.GET, facts).fetchone()
    if found is None:  # pragma: no cover - it was added just now
        raise Conflict("the interaction is gone")
    return found
