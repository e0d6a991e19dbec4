"""The digest by which an audit entry is sealed (rule 38), and the encoding of all such digests.

Anybody can recompute them without this code: the entry is a JSON array in canonical form (RFC 8785)
whose first value names the kind of entry. JSON delimits its values, so no two entries share bytes;
the name keeps entries of one kind from passing for another's.
"""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

#: What is digested of ``audit_entries``, in this order, as SQL; append only, with a new tag.
#: The alias keeps ``ORDER BY xid`` from meaning the text.
COLUMNS = (
    "position, recorded_at, xid::text AS xid_text,"
    " controller_id, id, actor, action, purpose, subject_id,"
    " fields, count, details::text"
)
_TAG = "crm-service/audit-entry/1"


class AuditRow(NamedTuple):
    """One row of ``SELECT COLUMNS FROM audit_entries``."""

    position: int
    recorded_at: datetime
    xid: str
    controller_id: uuid.UUID
    id: uuid.UUID
    actor: str
    action: str
    purpose: str | None
    subject_id: uuid.UUID | None
    fields: list[str]
    counted: int
    details: str


def audit_digest(row: AuditRow) -> bytes:
    """Return the 32 bytes by which a seal vouches for an audit entry."""
    return sealed_digest(_TAG, row)


def sealed_digest(tag: str, values: Iterable[Any]) -> bytes:
    """Return SHA-256 of the canonical JSON array ``[tag, *values]``.

    Times are RFC 3339 in UTC (``Z``; a fraction of six digits unless it is zero), UUIDs lower-case
    with hyphens, bytes lower-case hexadecimal. Raises ``TypeError`` for anything JSON cannot say.
    """
    array: list[Any] = [tag]
    array.extend(v.astimezone(UTC) if isinstance(v, datetime) else v for v in values)
    encoded = orjson.dumps(array, default=bytes.hex, option=orjson.OPT_UTC_Z)
    return hashlib.sha256(encoded).digest()
