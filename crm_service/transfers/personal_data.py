"""Personal data held by this room: reports of uploaded files, and the files until then.

A file is not searched: it is there only until a worker has imported it. Who is erased meanwhile is
noted, so that the import leaves them out; then the file is deleted.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.contacts import bearing
from crm_service.db import Connection
from crm_service.subjects import service as subjects
from crm_service.transfers import kept_reports

TABLES = frozenset({"import_files", "import_reports", "import_erasures"})

#: Waits for the batch that is just being written: its lines are in the report then.
_LOCK_UNFINISHED = """
SELECT id FROM imports
WHERE controller_id = %s AND uploaded AND state IN ('waiting', 'running') ORDER BY id FOR UPDATE
"""
_NOTE = """
INSERT INTO import_erasures (controller_id, import_id, address_key)
SELECT %s, import_id, address_key FROM unnest(%s::uuid[]) AS import_id, unnest(%s::uuid[]) AS
    address_key
ON CONFLICT DO NOTHING
"""


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return the lines of reports that name the person, without what is about others."""
    keys = subjects.keys_of(connection, controller_id, [subject_id])
    email = bearing.email_of(connection, controller_id, subject_id)
    return list(kept_reports.find(connection, controller_id, keys, email=email))


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Empty the lines of reports that name them, and have waiting files leave them out.

    Each piece of a report is opened once for all of them.
    """
    keys = subjects.keys_of(connection, controller_id, subject_ids)
    if not keys:
        return 0
    rows = connection.execute(_LOCK_UNFINISHED, (controller_id,)).fetchall()
    if rows:
        connection.execute(_NOTE, (controller_id, [row[0] for row in rows], keys))
    return kept_reports.erase(connection, controller_id, keys)
