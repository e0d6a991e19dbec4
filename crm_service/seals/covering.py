"""Which seal vouches for an entry of the audit log."""

import uuid
from typing import Any

from psycopg.rows import dict_row

from crm_service.audit import service as audit
from crm_service.audit.digest import AuditRow
from crm_service.db import Connection

_COVERING = """
SELECT number, encode(digest, 'hex') AS digest, sealed_at FROM seals
WHERE controller_id = %(controller_id)s AND log = 'audit'
    AND (up_to_xid, up_to_position) >= (%(xid)s::text::xid8, %(position)s)
ORDER BY number LIMIT 1
"""


def of_audit_entry(
    connection: Connection, controller_id: uuid.UUID, entry_id: uuid.UUID
) -> tuple[AuditRow | None, dict[str, Any] | None]:
    """Return the entry, None where it is not there, and its seal, None until it is sealed.

    That the seal holds is for ``ledger verify`` to prove.
    """
    entry = audit.find(connection, controller_id, entry_id)
    if entry is None:
        return None, None
    place = {"controller_id": controller_id, "xid": entry.xid, "position": entry.position}
    with connection.cursor(row_factory=dict_row) as cursor:
        return entry, cursor.execute(_COVERING, place).fetchone()
