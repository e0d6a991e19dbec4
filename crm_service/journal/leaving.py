"""That a controller has left: noted for the journal, and done again after a restore (ADR 0034).

Its event log goes with it, so the fact waits in a table of its own until it is journaled. A replay
closes the controller again, and remembers with which export its deletion had begun: the command
that deleted it then goes on from there, and compares nothing that the backup cannot have.
"""

import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from crm_service.db import Connection
from crm_service.journal.lines import OFFBOARDED, Fact

_NOTE = "INSERT INTO journal_facts (of_controller, type, data) VALUES (%s, %s, %s::jsonb)"
_CLOSE = "UPDATE controllers SET closed_at = now() WHERE id = %s AND closed_at IS NULL"
_BEGIN = """
INSERT INTO offboardings
    (id, leaving_id, manifest_sha256, ledger_seal, ledger_head, audit_seal, audit_head)
VALUES (gen_random_uuid(), %(id)s, decode(%(manifest_sha256)s, 'hex'), %(ledger_seal)s,
    decode(%(ledger_head)s, 'hex'), %(audit_seal)s, decode(%(audit_head)s, 'hex'))
ON CONFLICT (leaving_id) DO NOTHING
"""
_OPEN = "SELECT closed_at IS NULL FROM controllers WHERE id = %s"


def note(connection: Connection, controller_id: uuid.UUID, data: Mapping[str, Any]) -> None:
    """Note, in the transaction that begins to delete it, that the controller has left."""
    connection.execute(_NOTE, (controller_id, OFFBOARDED, orjson.dumps(dict(data)).decode()))


def leave_again(connection: Connection, fact: Fact) -> bool:
    """Close the controller that an older backup brought back; False if it is closed or unknown."""
    if not connection.execute(_CLOSE, (fact.controller_id,)).rowcount:
        return False
    connection.execute(_BEGIN, {"id": fact.controller_id, **fact.data})
    return True


def has_left(connection: Connection, fact: Fact) -> bool:
    """Tell whether nobody can use the controller any more."""
    return connection.execute(_OPEN, (fact.controller_id,)).fetchone() in {None, (False,)}


def is_here(connection: Connection, controller_id: uuid.UUID) -> bool:
    """Tell whether the database has a row of the controller."""
    return connection.execute(_OPEN, (controller_id,)).fetchone() is not None
