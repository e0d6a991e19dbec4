"""Chosen fields of chosen contacts, for those who may have them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from crm_service.contacts import knowing
from crm_service.db import Connection
from crm_service.policies.vocabulary import CONTACT_FIELDS

_QUERY = """
SELECT c.id, c.restricted_at IS NOT NULL, {columns}
FROM unnest(%s::uuid[]) WITH ORDINALITY AS asked(id, n)
JOIN contacts c ON c.controller_id = %s AND c.id = asked.id ORDER BY asked.n
"""


@dataclass(frozen=True)
class Handed:
    """One person's fields; ``is_restricted``: nothing may be done with them but keep them."""

    id: uuid.UUID
    is_restricted: bool
    fields: dict[str, Any]


def fields_of(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_ids: Sequence[uuid.UUID],
    fields: Sequence[str],
) -> list[Handed]:
    """Return the fields of these contacts, each once, in the order asked.

    ``fields`` are contact fields. Raises ``NotFound`` (``unknown_contact``) if one of the contacts
    is not this controller's.
    """
    chosen = [name for name in CONTACT_FIELDS if name in fields]
    columns = sql.SQL(", ").join(sql.Identifier("c", name) for name in chosen)
    query = sql.SQL(_QUERY).format(columns=columns)
    named = knowing.require(connection, controller_id, contact_ids)
    rows = connection.execute(query, (named, controller_id)).fetchall()
    return [Handed(row[0], row[1], dict(zip(chosen, row[2:], strict=True))) for row in rows]
