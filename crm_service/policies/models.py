"""Tables of policies. Both are append-only: the database refuses UPDATE and DELETE."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm_service.db import Base, uuid_pk


class PolicyVersion(Base):
    """A policy document as it was activated; the highest version is the active one."""

    __tablename__ = "policy_versions"
    __table_args__ = (sa.UniqueConstraint("controller_id", "version"),)

    id: Mapped[uuid_pk]
    controller_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("controllers.id"))
    version: Mapped[int]
    name: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sha256: Mapped[bytes]
    activated_at: Mapped[datetime]
    activated_by: Mapped[str]


class AgreementAcceptance(Base):
    """Who accepted which version of the agreement for a controller, and when (clause ee-07)."""

    __tablename__ = "agreement_acceptances"
    __table_args__ = (sa.UniqueConstraint("controller_id", "version"),)

    id: Mapped[uuid_pk]
    controller_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("controllers.id"))
    version: Mapped[str]
    accepted_by: Mapped[str]
    accepted_at: Mapped[datetime]
    recorded_by: Mapped[str]
