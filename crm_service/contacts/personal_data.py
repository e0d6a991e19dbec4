"""Personal data held by this room."""

import uuid
from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row

from crm_service.contacts import bearing, repository
from crm_service.db import Connection

TABLES = frozenset({"contacts", "contact_sources", "assignments"})

_EXPORT = """
SELECT email, phone, first_name, last_name, company, street, postal_code, city, country, language,
    external_id, notes, organization_id, source_kind, source_reference, attributes, restricted_at,
    added_at, created_at, updated_at
FROM contacts WHERE controller_id = %s AND id = %s
"""

_SOURCES = """
SELECT field, kind AS source_kind, reference AS source_reference, recorded_at FROM contact_sources
WHERE controller_id = %s AND contact_id = %s ORDER BY field
"""

_ASSIGNMENT = """
SELECT manager, assigned_at FROM assignments WHERE controller_id = %s AND contact_id = %s
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return the contact's row, where later fields come from, and who looks after it."""
    asked = (controller_id, subject_id)
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_EXPORT, asked).fetchall()
        found += cursor.execute(_SOURCES, asked).fetchall()
        return found + cursor.execute(_ASSIGNMENT, asked).fetchall()


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Delete the contacts and note that their addresses are nobody's now, unless shared."""
    borne = repository.erase(connection, controller_id, subject_ids)
    keys = [key for keys in borne for key in keys if key is not None]
    bearing.note(connection, controller_id, keys)
    return len(borne)
