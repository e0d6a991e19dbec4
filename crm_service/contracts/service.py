"""Contracts of people: with a category, a purpose and an end, which retention needs (clause si-05).

A permission on the basis of a contract is not touched here: what a contract that ended still
permits (a warranty, an invoice) is for the controller to say, by withdrawing it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import admitting, knowing
from crm_service.contracts import repository
from crm_service.db import Connection
from crm_service.errors import Conflict, Invalid, NotFound
from crm_service.policies import categories, purposes
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.subjects import service as subjects

#: The category of retention of a contract that is not told otherwise.
CATEGORY = "contracts"


@dataclass(frozen=True)
class Contract:
    """One contract of a person. ``ended_on`` None: it is still running."""

    id: uuid.UUID
    reference: str
    category: str
    purpose: str
    signed_on: date
    ended_on: date | None
    note: str | None
    recorded_by: str
    recorded_at: datetime
    updated_at: datetime


def add(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    *,
    facts: Mapping[str, Any],
    actor: str,
) -> Contract:
    """Record a contract of a contact.

    ``facts``: reference and signed_on, and any of category, purpose, ended_on and note. Raises
    ``NotFound`` for an unknown contact, ``Conflict`` (``contract_exists``) for a reference that the
    contact has, (``restricted``, ``processing_stopped``) unless ``necessary_for`` names a ground
    for it, ``Invalid`` (``unknown_purpose``, ``unknown_category``, ``ended_before_signed``).
    """
    subjects.lock(connection, [contact_id])
    keys = _known(connection, controller_id, contact_id)
    _check_days(facts["signed_on"], facts.get("ended_on"))
    policy = policies.active(connection, controller_id)
    row = {
        **keys,
        "reference": facts["reference"],
        "category": categories.of_contract(policy, facts.get("category") or CATEGORY),
        "purpose": purposes.named(policy, facts.get("purpose")),
        "signed_on": facts["signed_on"],
        "ended_on": facts.get("ended_on"),
        "note": facts.get("note"),
        "recorded_by": actor,
        "now": utcnow(),
    }
    _admit(connection, keys, facts, row["purpose"], actor)
    added = next(iter(_fetch(connection, repository.ADD, row)), None)
    if added is None:
        raise _exists(connection, row)
    _audit(connection, controller_id, contact_id, actor, "add", sorted(facts))
    return added


def of_contact(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID, *, actor: str
) -> list[Contract]:
    """Return a contact's contracts, the oldest first. Raises ``NotFound``."""
    found = _fetch(connection, repository.ALL, _known(connection, controller_id, contact_id))
    _audit(connection, controller_id, contact_id, actor, "list", ["contracts"])
    return found


def change(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    contract_id: uuid.UUID,
    *,
    facts: Mapping[str, Any],
    actor: str,
) -> Contract:
    """Change what is recorded, or end the contract: ``ended_on`` None lets it run on.

    ``facts``: any of category, purpose, signed_on, ended_on, note. What says nothing new changes
    nothing. Raises ``NotFound``, ``Invalid`` and ``Conflict`` as ``add`` does.
    """
    subjects.lock(connection, [contact_id])
    keys = _known(connection, controller_id, contact_id) | {"contract_id": contract_id}
    found = next(iter(_fetch(connection, repository.GET, keys)), None)
    if found is None:
        raise NotFound("no such contract")
    row = {**vars(found), **facts}
    _check_days(row["signed_on"], row["ended_on"])
    _check_changed(policies.active(connection, controller_id), found, row)
    changed = found
    if any(row[name] != value for name, value in vars(found).items()):
        _admit(connection, keys, facts, row["purpose"], actor)
        [changed] = _fetch(connection, repository.CHANGE, {**row, **keys, "now": utcnow()})
    _audit(connection, controller_id, contact_id, actor, "change", sorted(facts))
    return changed


def _check_changed(policy: Policy, found: Contract, row: Mapping[str, Any]) -> None:
    """Refuse what the policy lacks; what a version before it let in stays until it is changed."""
    if row["purpose"] != found.purpose:
        purposes.named(policy, row["purpose"])
    if row["category"] != found.category:
        categories.of_contract(policy, row["category"])


def _admit(
    connection: Connection,
    keys: Mapping[str, Any],
    facts: Mapping[str, Any],
    purpose: str,
    actor: str,
) -> None:
    ids = keys["controller_id"], keys["subject_id"]
    policy = policies.active(connection, keys["controller_id"])
    admitting.admit_record(connection, *ids, policy, facts, purpose=purpose, actor=actor)


def _known(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID
) -> dict[str, Any]:
    knowing.require_one(connection, controller_id, contact_id)
    return {"controller_id": controller_id, "subject_id": contact_id}


def _check_days(signed_on: date, ended_on: date | None) -> None:
    if ended_on is not None and ended_on < signed_on:
        raise Invalid(
            "a contract cannot end before it was signed",
            code="ended_before_signed",
            errors={"ended_on": [f"must not be before {signed_on}"]},
        )


def _exists(connection: Connection, row: Mapping[str, Any]) -> Conflict:
    found = connection.execute(repository.BY_REFERENCE, row).fetchone()
    return Conflict(
        "the contact has a contract of this reference already: change that one",
        code="contract_exists",
        contract_id=str(found[0]) if found else None,
    )


def _fetch(connection: Connection, query: str, facts: Mapping[str, Any]) -> list[Contract]:
    with connection.cursor(row_factory=class_row(Contract)) as cursor:
        return cursor.execute(query, facts).fetchall()


def _audit(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    actor: str,
    verb: str,
    fields: Sequence[str],
) -> None:
    audit.record(
        connection,
        controller_id,
        actor=actor,
        action=f"contracts.{verb}",
        subject_id=contact_id,
        fields=fields,
    )
