"""The audit log. Append-only by trigger, partitioned by month, sealed by the worker."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm_service.db import Base, Xid8


class AuditEntry(Base):
    """One access to personal data. Pseudonymous ids, names of fields, codes and digests only."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.Index("ix_audit_entries_order", "controller_id", "xid", "position"),
        sa.Index("ix_audit_entries_id", "controller_id", "id"),
        sa.Index(
            "ix_audit_entries_subject",
            "controller_id",
            "subject_id",
            "position",
            postgresql_where=sa.text("subject_id IS NOT NULL"),
        ),
        {"postgresql_partition_by": "RANGE (recorded_at)"},
    )

    position: Mapped[int] = mapped_column(
        sa.BigInteger,
        primary_key=True,
        autoincrement=False,
        server_default=sa.text("nextval('audit_position_seq')"),
    )
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True, server_default=sa.func.now())
    xid: Mapped[int] = mapped_column(Xid8(), server_default=sa.text("pg_current_xact_id()"))
    controller_id: Mapped[uuid.UUID]
    id: Mapped[uuid.UUID] = mapped_column(server_default=sa.func.gen_random_uuid())
    actor: Mapped[str]
    action: Mapped[str]
    purpose: Mapped[str | None]
    subject_id: Mapped[uuid.UUID | None] = mapped_column(comment="pseudonymous personal data")
    fields: Mapped[list[str]] = mapped_column(ARRAY(sa.Text()), server_default="{}")
    count: Mapped[int] = mapped_column(server_default="1")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
