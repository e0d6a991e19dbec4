"""Which address is asked about, and whose it was."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm_service.addresses import address_key, normalize_email, normalize_phone
from crm_service.db import Connection
from crm_service.decisions import repository
from crm_service.decisions.records import Decision
from crm_service.errors import Invalid, NotFound
from crm_service.suppression import domains

_NORMALIZE: dict[str, Callable[[str], str]] = {"email": normalize_email, "phone": normalize_phone}


@dataclass(frozen=True)
class Address:
    """One address by its key; ``domain_keys`` are of the entries that would cover its domain.

    ``domain_keys`` is None where the domain is not known. ``contact_id``: asked by that.
    """

    key: uuid.UUID
    domain_keys: list[uuid.UUID] | None
    contact_id: uuid.UUID | None = None


def address(
    connection: Connection,
    controller_id: uuid.UUID,
    decision: Decision,
    given: dict[str, Any],
    pepper: bytes,
) -> Address:
    """Return the address that ``email``, ``phone`` or ``contact_id`` names.

    Raises ``Invalid`` (``wrong_address_kind``) for one of another kind than the decision was about,
    and ``NotFound`` (``contact_not_found``) for a contact of whom no such address is on record.
    """
    [(name, value)] = given.items()
    if name == "contact_id":
        return _of_contact(connection, controller_id, decision, value)
    if name != decision.kind:
        raise Invalid(
            f"this decision was about {decision.kind}s; ask about one, or give contact_id",
            code="wrong_address_kind",
            errors={name: [f"give {decision.kind} or contact_id"]},
        )
    normalized = _NORMALIZE[name](value)
    covering = domains.covering_keys(pepper, normalized) if name == "email" else []
    return Address(address_key(pepper, name, normalized), covering)


def _of_contact(
    connection: Connection, controller_id: uuid.UUID, decision: Decision, contact_id: uuid.UUID
) -> Address:
    facts = {
        "controller_id": controller_id,
        "subject_id": contact_id,
        "channel": decision.details["channel"],
        "kind": decision.kind,
        "until": decision.until,
    }
    row = connection.execute(repository.KEYS_OF_SUBJECT, facts).fetchone()
    if row is None:
        raise NotFound(
            "no such address of a contact with this id is on record", code="contact_not_found"
        )
    return Address(row[0], None if decision.kind == "email" else [], contact_id)
