"""Personal data held by this room: what people asked, and what they were told."""

import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.subjects import rows

TABLES = frozenset({"rights_requests"})

_EXPORT = f"""
SELECT id, kind, status, email, language, purpose, topic, ground, details, received_at,
    received_by, due_on, legal_end_on, identified_at, identified_by, identity_note, asked_about,
    question, extended_at, extension_reasons, fee_amount, fee_currency, fee_reasons, fee_asked_at,
    fee_outcome, fee_settled_at, decided_at, outcome, refusal_ground, reasons, closed_at
FROM rights_requests WHERE {rows.OF_PEOPLE} ORDER BY received_at, id
"""  # noqa: S608 - constant text

_EMPTY = f"""
UPDATE rights_requests SET email = NULL, details = NULL, identity_note = NULL, question = NULL,
    extension_reasons = NULL, fee_reasons = NULL, reasons = NULL, updated_at = %(now)s
WHERE {rows.OF_PEOPLE} AND num_nonnulls(email, details, identity_note, question, extension_reasons,
    fee_reasons, reasons) > 0
"""  # noqa: S608 - constant text


def export(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[dict[str, Any]]:
    """Return every request of the person, with its course and its decision."""
    return rows.read(connection, controller_id, subject_id, _EXPORT)


def erase(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> int:
    """Empty what was written; that a request was made and how it was decided stays.

    It proves that the law was kept (GDPR Art. 5(2)). Before the addresses go.
    """
    return rows.touch(connection, controller_id, subject_ids, _EMPTY, now=utcnow())
