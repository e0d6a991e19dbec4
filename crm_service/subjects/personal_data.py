"""Personal data held by this room: pseudonymous address keys and whose they are."""

import uuid
from typing import Any

from crm_service.db import Connection
from crm_service.subjects import service

TABLES = frozenset({"addresses"})

#: What stays serves to compare alone (rule 5): kinds of address on which a suppression stands.
_ERASE = """
DELETE FROM addresses a WHERE a.controller_id = %(controller_id)s AND a.subject_id = %(subject_id)s
  AND NOT EXISTS (
      SELECT FROM suppressions s WHERE s.controller_id = a.controller_id
      AND s.subject_id = a.subject_id AND s.kind = a.kind AND s.lifted_at IS NULL)
"""

_UNRESTRICT = """
UPDATE addresses SET restricted = false
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s AND restricted
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return the address keys of the subject."""
    return [
        {
            "address_key": str(address.address_key),
            "kind": address.kind,
            "is_current": address.is_current,
            "restricted": address.restricted,
        }
        for address in service.addresses(connection, controller_id, subject_id)
    ]


def erase(connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID) -> int:
    """Remove the address keys that no suppression needs; return how many.

    After ``contacts``, which notes that nobody bears them any more.
    """
    facts = {"controller_id": controller_id, "subject_id": subject_id}
    connection.execute(_UNRESTRICT, facts)
    return connection.execute(_ERASE, facts).rowcount
