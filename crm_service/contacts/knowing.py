"""That contacts whom somebody names are there, and stay while something is noted about them.

Nothing that is noted of a contact refers to its row: what comes behind an erasure would stay for
ever. Who writes of one person holds the lock of its subject; who writes of thousands holds their
rows instead, and an erasure waits for those (``take``).
"""

import uuid
from collections.abc import Sequence

from crm_service import arrays
from crm_service.db import Connection
from crm_service.errors import NotFound

_KNOWN = """
SELECT id FROM contacts WHERE controller_id = %s AND id = ANY (%s::uuid[]) ORDER BY id FOR KEY SHARE
"""
_ONE = "SELECT FROM contacts WHERE controller_id = %s AND id = %s"
_TAKE = """
SELECT FROM contacts WHERE controller_id = %s AND id = ANY (%s::uuid[]) ORDER BY id FOR UPDATE
"""


def require(
    connection: Connection, controller_id: uuid.UUID, contact_ids: Sequence[uuid.UUID]
) -> list[uuid.UUID]:
    """Return the contacts, each once, in the order named; none is erased until the commit.

    Raises ``NotFound`` (``unknown_contact``) with how many of them are not this controller's.
    """
    named = list(dict.fromkeys(contact_ids))
    found = connection.execute(_KNOWN, (controller_id, arrays.of_ids(named))).fetchall()
    unknown = len(named) - len(found)
    if unknown:
        raise NotFound(
            f"{unknown} of the {len(named)} contacts do not exist: nothing was done",
            code="unknown_contact",
            unknown=unknown,
        )
    return named


def require_one(connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID) -> None:
    """Raise ``NotFound`` unless the contact is this controller's; who writes holds its subject."""
    if connection.execute(_ONE, (controller_id, contact_id)).fetchone() is None:
        raise NotFound("no such contact")


def take(
    connection: Connection, controller_id: uuid.UUID, contact_ids: Sequence[uuid.UUID]
) -> None:
    """Wait for those who are noting something about contacts that are about to be erased."""
    connection.execute(_TAKE, (controller_id, arrays.of_ids(contact_ids)))
