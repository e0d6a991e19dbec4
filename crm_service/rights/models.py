"""Requests of people about their own data (GDPR Art. 12 to 22)."""

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm_service.db import Base

PERSONAL = "personal data"


class RightsRequest(Base):
    """One request. What may name the person is emptied by erasure; the course of it stays."""

    __tablename__ = "rights_requests"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    controller_id: Mapped[uuid.UUID]
    subject_id: Mapped[uuid.UUID] = mapped_column(comment="pseudonymous")
    address_key: Mapped[uuid.UUID] = mapped_column(comment="pseudonymous")
    kind: Mapped[str]
    status: Mapped[str]
    email: Mapped[str | None] = mapped_column(comment=f"{PERSONAL}; where the answer goes")
    language: Mapped[str]
    purpose: Mapped[str | None]
    topic: Mapped[str | None]
    ground: Mapped[str | None]
    details: Mapped[str | None] = mapped_column(comment=f"{PERSONAL}; what the person wrote")
    received_at: Mapped[datetime]
    received_by: Mapped[str]
    recorded_by: Mapped[str]
    policy_version: Mapped[int]
    due_on: Mapped[date] = mapped_column(comment="the day that is aimed at")
    legal_end_on: Mapped[date] = mapped_column(comment="the last day that is in time")
    ends_at: Mapped[datetime] = mapped_column(comment="the first moment that is too late")
    identified_at: Mapped[datetime | None]
    identified_by: Mapped[str | None]
    identity_note: Mapped[str | None] = mapped_column(comment=PERSONAL)
    asked_about: Mapped[str | None]
    question: Mapped[str | None] = mapped_column(comment=PERSONAL)
    clock_stopped_at: Mapped[datetime | None]
    pauses: Mapped[list[list[str]]] = mapped_column(JSONB, server_default=sa.text("'[]'::jsonb"))
    extended_at: Mapped[datetime | None]
    extension_reasons: Mapped[str | None] = mapped_column(comment=PERSONAL)
    fee_amount: Mapped[str | None] = mapped_column(comment="digits, as the person is told")
    fee_currency: Mapped[str | None]
    fee_reasons: Mapped[str | None] = mapped_column(comment=PERSONAL)
    fee_asked_at: Mapped[datetime | None]
    fee_outcome: Mapped[str | None]
    fee_settled_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    refusal_ground: Mapped[str | None]
    reasons: Mapped[str | None] = mapped_column(comment=f"{PERSONAL}; as told to the person")
    executed: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=sa.text("'{}'::jsonb"), comment="what was done, in numbers"
    )
    certificate: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="of an erasure; names nobody"
    )
    certified_by: Mapped[uuid.UUID | None] = mapped_column(
        comment="the audit entry with its digest"
    )
    closed_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None] = mapped_column(comment="when that was announced")
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
