"""The digests of the ledger: of an entry, by which it is sealed, and of its evidence (rule 18)."""

import hashlib
import uuid
from datetime import datetime
from typing import NamedTuple

from crm_service.audit.digest import sealed_digest

SALT_BYTES = 16

#: What is digested of ``ledger_entries``, in this order, as SQL; append only, with a new tag.
#: The alias keeps ``ORDER BY xid`` from meaning the text.
COLUMNS = (
    "position, recorded_at, xid::text AS xid_text,"
    " controller_id, id, subject_id, address_key, channel,"
    " purpose, topic_id, basis, action, state, since, anchor_at, source, recorded_by,"
    " policy_version, correlation, proof_id, evidence_sha256"
)
_TAG = "crm-service/ledger-entry/1"


class LedgerRow(NamedTuple):
    """One row of ``SELECT COLUMNS FROM ledger_entries``."""

    position: int
    recorded_at: datetime
    xid: str
    controller_id: uuid.UUID
    id: uuid.UUID
    subject_id: uuid.UUID
    address_key: uuid.UUID
    channel: str
    purpose: str
    topic_id: uuid.UUID | None
    basis: str
    action: str
    state: str
    since: datetime
    anchor_at: datetime
    source: str
    recorded_by: str
    policy_version: int
    correlation: uuid.UUID
    proof_id: uuid.UUID
    evidence_sha256: bytes | None


def ledger_digest(row: LedgerRow) -> bytes:
    """Return the 32 bytes by which a seal vouches for a ledger entry."""
    return sealed_digest(_TAG, row)


def evidence_digest(salt: bytes, text: str) -> bytes:
    """Return SHA-256 of salt and evidence: what an entry keeps when erasure empties both.

    Without the salt the evidence cannot be guessed back from it. Raises ``ValueError`` unless the
    salt has 16 bytes: a fixed length keeps salt and text apart.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return hashlib.sha256(salt + text.encode()).digest()
