"""SQL over the assignments of contacts to client managers (clause ws-02)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import sql

from crm_service import arrays
from crm_service.db import Connection

_PUT = """
INSERT INTO assignments (controller_id, contact_id, manager, assigned_by, assigned_at)
SELECT controller_id, id, %(manager)s, %(actor)s, %(now)s FROM contacts
WHERE controller_id = %(controller_id)s AND {which}
ORDER BY id FOR KEY SHARE
ON CONFLICT (controller_id, contact_id) DO UPDATE
SET manager = excluded.manager, assigned_by = excluded.assigned_by,
    assigned_at = excluded.assigned_at
WHERE assignments.manager <> excluded.manager
"""

_REMOVE = """
DELETE FROM assignments a USING contacts
WHERE a.controller_id = %(controller_id)s AND contacts.controller_id = a.controller_id
    AND contacts.id = a.contact_id AND {which}
"""

_GET = "SELECT manager, assigned_at FROM assignments WHERE controller_id = %s AND contact_id = %s"

_ERASE = "DELETE FROM assignments WHERE controller_id = %s AND contact_id = ANY (%s::uuid[])"


def put(connection: Connection, facts: Mapping[str, Any], which: Mapping[str, Any]) -> int:
    """Assign the contacts that ``which`` selects; return how many are assigned anew."""
    return _execute(connection, _PUT, facts, which)


def remove(connection: Connection, facts: Mapping[str, Any], which: Mapping[str, Any]) -> int:
    """Assign them to nobody; return how many were assigned."""
    return _execute(connection, _REMOVE, facts, which)


def _execute(
    connection: Connection, statement: str, facts: Mapping[str, Any], which: Mapping[str, Any]
) -> int:
    conditions = [
        sql.SQL("contacts.id = ANY (%(ids)s)")
        if name == "ids"
        else sql.SQL("contacts.{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
        for name in which
    ]
    query = sql.SQL(statement).format(which=sql.SQL(" AND ").join(conditions))
    return connection.execute(query, {**facts, **which}).rowcount


def get(connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID) -> Any:
    """Return manager and time, or None."""
    return connection.execute(_GET, (controller_id, contact_id)).fetchone()


def erase(
    connection: Connection, controller_id: uuid.UUID, contact_ids: Sequence[uuid.UUID]
) -> None:
    """Forget whose contacts they were."""
    connection.execute(_ERASE, (controller_id, arrays.of_ids(contact_ids)))
