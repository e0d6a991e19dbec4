"""The register of those who receive data, and handing data to them.

GDPR Art. 13(1)(e), 15(1)(c), 19, 28, 30; clauses ee-11, no-02, no-09, si-14, si-15, ws-03, ws-04.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.contacts import handing_out
from crm_service.db import Connection
from crm_service.errors import Conflict, NotFound
from crm_service.permissions import history
from crm_service.policies.document import Policy
from crm_service.recipients import judging, repository
from crm_service.recipients.repository import Disclosure, Recipient
from crm_service.subjects import service as subjects

__all__ = [
    "Disclosure",
    "Recipient",
    "change",
    "disclose",
    "disclosures",
    "every",
    "get",
    "register",
]

_CHANGEABLE = (
    "name",
    "country",
    "stores_elsewhere",
    "contract",
    "confidentiality",
    "categories",
    "purposes",
)


def register(connection: Connection, controller_id: uuid.UUID, **stated: Any) -> Recipient:
    """Enter a recipient. Raises ``Conflict`` (``recipient_exists``).

    One that the policy excludes may be entered, so that it is on record; it is handed nothing.
    """
    recipient = repository.add(connection, controller_id, stated)
    if recipient is None:
        raise Conflict(f"there is a recipient {stated['slug']} already", code="recipient_exists")
    return recipient


def change(
    connection: Connection,
    controller_id: uuid.UUID,
    recipient_id: uuid.UUID,
    *,
    ended: bool = False,
    **stated: Any,
) -> Recipient:
    """Replace what is stated; ``ended``: nothing goes there from now on. Raises ``NotFound``."""
    facts = {name: stated.get(name) for name in _CHANGEABLE}
    facts["ended_at"] = utcnow() if ended else None
    recipient = repository.change(connection, controller_id, recipient_id, facts)
    if recipient is None:
        raise NotFound("no such recipient")
    return recipient


def get(connection: Connection, controller_id: uuid.UUID, recipient_id: uuid.UUID) -> Recipient:
    """Return a recipient, ended or not. Raises ``NotFound``."""
    recipient = repository.find(connection, controller_id, recipient_id)
    if recipient is None:
        raise NotFound("no such recipient")
    return recipient


def every(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    after: str = "",
    limit: int | None = None,
    with_ended: bool = False,
) -> list[Recipient]:
    """Return recipients by slug, those that receive nothing any more only ``with_ended``."""
    return repository.listing(
        connection, controller_id, after=after, limit=limit, with_ended=with_ended
    )


def disclose(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    *,
    recipient: str,
    contact_ids: Sequence[uuid.UUID],
    fields: Sequence[str],
    ground: str,
    actor: str,
    reference: str | None = None,
    need: str | None = None,
    purpose: str | None = None,
) -> tuple[uuid.UUID, list[dict[str, Any]]]:
    """Record a disclosure; return its id and the fields of each person, once, in the order asked.

    Raises ``NotFound`` for an unknown recipient or contact, ``DisclosureRefused`` naming every
    reason, also where one person is restricted or has not consented. Nothing is recorded then, and
    nothing is handed out.
    """
    found = repository.by_slug(connection, controller_id, recipient)
    if found is None:
        raise NotFound("no such recipient", code="unknown_recipient")
    rules = policy.disclosure
    judging.refuse("recipient", list(judging.against(rules, found)))
    grounds = judging.against_ground(rules, found, ground=ground, reference=reference, need=need)
    judging.refuse("ground", list(grounds))
    judging.refuse("fields", list(judging.against_fields(rules, fields, policy.contact_fields)))
    # Who is being restricted or erased meanwhile waits, and then tells this recipient (Art. 19).
    subjects.lock(connection, contact_ids)
    people = handing_out.fields_of(connection, controller_id, contact_ids, fields)
    judging.refuse(
        "contact_ids", _against_people(connection, controller_id, people, ground, purpose)
    )
    stated = {
        "recipient_id": found.id,
        "ground": ground,
        "reference": reference,
        "need": need,
        "purpose": purpose,
        "fields": sorted(set(fields)),
        "actor": actor,
    }
    concerned = [one.id for one in people]
    disclosure_id = repository.disclose(connection, controller_id, stated, concerned)
    _audit(connection, controller_id, disclosure_id, stated, len(concerned))
    return disclosure_id, [{"contact_id": one.id, "values": one.fields} for one in people]


def _against_people(
    connection: Connection,
    controller_id: uuid.UUID,
    people: Sequence[handing_out.Handed],
    ground: str,
    purpose: str | None,
) -> list[tuple[str, str]]:
    reasons = []
    if any(one.is_restricted for one in people):
        reasons.append(("restricted", "the processing of one of them is restricted (Art. 18)"))
    if ground == "consent":
        if purpose is None:
            return [("purpose_missing", "name the purpose that they consented to"), *reasons]
        ids = [one.id for one in people]
        consenting = history.consenting(connection, controller_id, ids, purpose=purpose)
        if without := len(ids) - len(consenting):
            reasons.append(("consent_missing", f"{without} of them did not consent to this"))
    return reasons


def _audit(
    connection: Connection,
    controller_id: uuid.UUID,
    disclosure_id: uuid.UUID,
    stated: Mapping[str, Any],
    count: int,
) -> None:
    audit.record(
        connection,
        controller_id,
        actor=stated["actor"],
        action="recipients.disclose",
        purpose=stated["purpose"] or stated["ground"],
        fields=stated["fields"],
        count=count,
        details={"disclosure": str(disclosure_id), "recipient": str(stated["recipient_id"])},
    )


def disclosures(connection: Connection, controller_id: uuid.UUID, **place: Any) -> list[Disclosure]:
    """Return disclosures, the newest first; see ``repository.disclosures``."""
    return repository.disclosures(connection, controller_id, **place)
