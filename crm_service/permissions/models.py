"""The ledger, its evidence, and the projection."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Mapped, mapped_column

from crm_service.db import Base, Xid8, created_at


class LedgerEntry(Base):
    """One grant, confirmation, withdrawal, objection or expiry; never changed afterwards."""

    __tablename__ = "ledger_entries"

    position: Mapped[int] = mapped_column(
        sa.BigInteger,
        primary_key=True,
        autoincrement=False,
        server_default=sa.text("nextval('ledger_position_seq')"),
    )
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True, server_default=sa.func.now())
    xid: Mapped[int] = mapped_column(Xid8, server_default=sa.text("pg_current_xact_id()"))
    controller_id: Mapped[uuid.UUID]
    id: Mapped[uuid.UUID]
    subject_id: Mapped[uuid.UUID] = mapped_column(comment="pseudonymous")
    address_key: Mapped[uuid.UUID] = mapped_column(comment="pseudonymous")
    channel: Mapped[str]
    purpose: Mapped[str]
    topic_id: Mapped[uuid.UUID | None]
    basis: Mapped[str]
    action: Mapped[str]
    state: Mapped[str]
    since: Mapped[datetime]
    anchor_at: Mapped[datetime]
    source: Mapped[str]
    recorded_by: Mapped[str]
    policy_version: Mapped[int]
    correlation: Mapped[uuid.UUID]
    proof_id: Mapped[uuid.UUID] = mapped_column(comment="the entry whose evidence proves this one")
    evidence_sha256: Mapped[bytes | None] = mapped_column(BYTEA)


class LedgerEvidence(Base):
    """What proves an entry; erasure empties salt and text, and the entry's digest stands."""

    __tablename__ = "ledger_evidence"

    controller_id: Mapped[uuid.UUID]
    entry_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(comment="pseudonymous")
    salt: Mapped[bytes | None] = mapped_column(BYTEA)
    evidence: Mapped[str | None] = mapped_column(comment="personal data; emptied by erasure")
    erased_at: Mapped[datetime | None]


class Wording(Base):
    """A text that people were asked to agree to."""

    __tablename__ = "wordings"

    controller_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(BYTEA)
    text: Mapped[str | None]
    first_seen_at: Mapped[created_at]


class Permission(Base):
    """What the ledger says now; ends with erasure."""

    __tablename__ = "permissions"

    # The table has a unique constraint that takes a missing topic (the whole purpose) for a value.
    controller_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    address_key: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="pseudonymous")
    channel: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    topic_id: Mapped[uuid.UUID | None] = mapped_column(primary_key=True, nullable=True)
    basis: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(comment="pseudonymous")
    state: Mapped[str]
    since: Mapped[datetime]
    anchor_at: Mapped[datetime]
    entry_id: Mapped[uuid.UUID]
