"""Which address is asked about, and whose it was."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm_service.addresses import address_key, normalize_email, normalize_phone
from crm_service.db import Connection
from crm_service.decisions import repository
from crm_service.decisions.views import View
from crm_service.errors import Invalid, NotFound
from crm_service.suppression import domains

_NORMALIZE: dict[str, Callable[[str], str]] = {"email": normalize_email, "phone": normalize_phone}


@dataclass(frozen=True)
class Address:
    """One address by its key; ``domain_keys`` are of the entries that would cover its domain.

    ``domain_keys`` is None where the domain is not known. ``contact_id``: asked by that.
    """

    kind: str
    key: uuid.UUID
    domain_keys: list[uuid.UUID] | None
    contact_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Sought:
    """Which kind of address is sought on which channel, by what was known of it."""

    kind: str
    channel: str
    view: View


def address(
    connection: Connection,
    controller_id: uuid.UUID,
    sought: Sought,
    given: dict[str, Any],
    pepper: bytes,
) -> Address:
    """Return the address that ``email``, ``phone`` or ``contact_id`` names.

    Raises ``Invalid`` (``wrong_address_kind``) for one of another kind than is sought, and
    ``NotFound`` (``contact_not_found``) for a contact of whom no such address is on record.
    """
    [(name, value)] = given.items()
    if name == "contact_id":
        return _of_contact(connection, controller_id, sought, value)
    if name != sought.kind:
        raise Invalid(
            f"this is about {sought.kind}s; ask about one, or give contact_id",
            code="wrong_address_kind",
            errors={name: [f"give {sought.kind} or contact_id"]},
        )
    normalized = _NORMALIZE[name](value)
    covering = domains.covering_keys(pepper, normalized) if name == "email" else []
    return Address(name, address_key(pepper, name, normalized), covering)


def _of_contact(
    connection: Connection, controller_id: uuid.UUID, sought: Sought, contact_id: uuid.UUID
) -> Address:
    facts = {
        "controller_id": controller_id,
        "subject_id": contact_id,
        "channel": sought.channel,
        "kind": sought.kind,
    }
    for key, xid, recorded_at in connection.execute(repository.KEYS_OF_SUBJECT, facts):
        if xid is None or sought.view.sees(xid, recorded_at):
            domain_keys: list[uuid.UUID] | None = None if sought.kind == "email" else []
            return Address(sought.kind, key, domain_keys, contact_id)
    raise NotFound(
        "no such address of a contact with this id is on record", code="contact_not_found"
    )
