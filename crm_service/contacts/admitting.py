"""Whether something may still be added about a person.

Of a restricted person data are stored, and that is all (GDPR Art. 18(2)); for a purpose that a
person ended nothing more is collected where the policy says so (clause no-10). Each exception names
its ground, and is kept as long as the person.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts.facts import Facts, Necessity, Origin
from crm_service.contacts.models import Contact
from crm_service.db import Connection, driver_connection
from crm_service.errors import Conflict
from crm_service.permissions.stopping import NOTHING, Stopped, stopped
from crm_service.policies.document import Policy

RESTRICTED, STOPPED = "restricted", "processing_stopped"

#: A request of the person's own, decided on.
BY_RIGHT = "rights_request"

#: What may be done with restricted data all the same (GDPR Art. 18(2)).
DESPITE_RESTRICTION = ("consent", "legal_claims", "rights_of_others", "public_interest")
#: What may be collected after a withdrawal all the same (clause no-10).
DESPITE_WITHDRAWAL = ("contract", "legal_obligation")
BASES = DESPITE_RESTRICTION + DESPITE_WITHDRAWAL

_RESTRICTED = "SELECT restricted_at IS NOT NULL FROM contacts WHERE controller_id = %s AND id = %s"

_KEEP = """
INSERT INTO exceptional_processing
    (controller_id, id, subject_id, barred_by, basis, reference, fields, actor, occurred_at)
VALUES (%(controller_id)s, gen_random_uuid(), %(subject_id)s, %(barred_by)s, %(basis)s,
    %(reference)s, %(fields)s, %(actor)s, %(now)s)
"""


@dataclass(frozen=True, kw_only=True)
class Addition:
    """What is to be added: names of fields, and the purposes that they are declared for.

    ``is_general``: also something that belongs to no purpose in particular.
    """

    fields: Collection[str]
    purposes: frozenset[str] = frozenset()
    is_general: bool = False


def admit(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    subject_id: uuid.UUID,
    addition: Addition,
    *,
    necessity: Necessity | None,
    actor: str,
) -> None:
    """Let it be added; an exception is recorded with its ground. The caller holds the subject.

    Raises ``Conflict``: ``restricted``, or ``processing_stopped`` with the purposes; its text says
    which grounds lift it.
    """
    if necessity is not None and necessity.basis == BY_RIGHT:
        return
    facts = {"controller_id": controller_id, "subject_id": subject_id, "actor": actor}
    row = connection.execute(_RESTRICTED, (controller_id, subject_id)).fetchone()
    if row is not None and row[0]:
        _except(connection, facts, addition, necessity, refusal_of_restricted())
    ended = _ended(connection, controller_id, policy, subject_id)
    if against := sorted(ended.purposes & addition.purposes) or _all(ended, addition):
        _except(connection, facts, addition, necessity, _refusal_of_stopped(against))


def admit_record(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    policy: Policy,
    facts: Mapping[str, Any],
    *,
    purpose: str,
    actor: str,
) -> None:
    """Let a record about the person, such as a call or a contract, be made or changed.

    ``facts``: what is said, and ``necessary_for``. Raises what ``admit`` raises.
    """
    names = frozenset(facts) - {"necessary_for"}
    admit(
        connection,
        controller_id,
        policy,
        subject_id,
        Addition(fields=names, purposes=frozenset({purpose}), is_general=True),
        necessity=facts.get("necessary_for"),
        actor=actor,
    )


def admit_change(
    session: Session,
    policy: Policy,
    contact: Contact,
    checked: Facts,
    changed: Collection[str],
    origin: Origin,
) -> None:
    """Let the fields of a contact be changed. Raises what ``admit`` raises."""
    admit(
        driver_connection(session),
        contact.controller_id,
        policy,
        contact.id,
        _addition(policy, checked, changed),
        necessity=origin.necessity,
        actor=origin.actor,
    )


def _addition(policy: Policy, checked: Facts, changed: Collection[str]) -> Addition:
    """Return what a change adds. What it empties is no addition for a purpose."""
    given = [name for name, value in checked.attributes.items() if value is not None]
    declared = policy.custom_attributes
    filled = {name for name, value in checked.columns.items() if value is not None}
    return Addition(
        fields=changed,
        purposes=frozenset(declared[name].purpose for name in given if name in declared)
        if "attributes" in changed
        else frozenset(),
        is_general=bool(filled & {*changed}),
    )


def _ended(
    connection: Connection, controller_id: uuid.UUID, policy: Policy, subject_id: uuid.UUID
) -> Stopped:
    if not policy.rights.withdrawal_stops_collection:
        return NOTHING
    return stopped(connection, controller_id, [subject_id]).get(subject_id, NOTHING)


def _all(ended: Stopped, addition: Addition) -> list[str]:
    return sorted(ended.purposes) if ended.everything and addition.is_general else []


def refusal_of_restricted() -> Conflict:
    """Return the refusal of whatever is more than storing."""
    return Conflict(
        "the processing of this person's data is restricted (GDPR Art. 18): they are stored, and "
        f"that is all. Name in necessary_for one of: {', '.join(DESPITE_RESTRICTION)}; or lift it",
        code=RESTRICTED,
    )


def _refusal_of_stopped(purposes: list[str]) -> Conflict:
    return Conflict(
        f"the person ended: {', '.join(purposes)}. Nothing more is collected for that, unless an "
        f"agreement or the law needs it: name in necessary_for {' or '.join(DESPITE_WITHDRAWAL)}",
        code=STOPPED,
        purposes=purposes,
    )


def _except(
    connection: Connection,
    facts: dict[str, Any],
    addition: Addition,
    necessity: Necessity | None,
    refusal: Conflict,
) -> None:
    """Record the exception, or raise the refusal where the ground is none for it."""
    allowed = DESPITE_RESTRICTION if refusal.code == RESTRICTED else DESPITE_WITHDRAWAL
    if necessity is None or necessity.basis not in allowed:
        raise refusal
    names = sorted(addition.fields)
    kept = {"barred_by": refusal.code, "basis": necessity.basis, "reference": necessity.reference}
    connection.execute(_KEEP, {**facts, **kept, "fields": names, "now": utcnow()})
    audit.record(
        connection,
        facts["controller_id"],
        actor=facts["actor"],
        action="contacts.except",
        subject_id=facts["subject_id"],
        purpose=necessity.basis,
        fields=names,
        details={"barred_by": refusal.code},
    )
