"""Personal data held by this room: keyed addresses that must not be contacted.

The hashes of partners' lists are nobody's that is known: what a list holds about a contact is an
ordinary block by the time the contact stands (``hashed``). So there is none to export or to erase.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service import arrays
from crm_service.db import Connection
from crm_service.suppression import repository, service

TABLES = frozenset({"suppressions", "hashed_suppressions", "lifted_hashed_suppressions"})


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every block on the person's addresses, lifted ones included."""
    return [
        dict(vars(found)) for found in service.of_subject(connection, controller_id, subject_id)
    ]


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Empty notes; the blocks stay: key, scope, reason, date and source alone (rule 5)."""
    facts = {"controller_id": controller_id, "subject_ids": arrays.of_ids(subject_ids)}
    return connection.execute(repository.EMPTY_NOTES, facts).rowcount
