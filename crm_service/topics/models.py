"""The table of topics. Never deleted from: old links name a topic for ever (rule 7)."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm_service.db import Base, created_at, uuid_pk


class TopicRow(Base):
    """What a recipient can leave on its own."""

    __tablename__ = "topics"
    __table_args__ = (
        sa.UniqueConstraint("controller_id", "slug"),
        sa.UniqueConstraint("controller_id", "link_ref"),
        sa.CheckConstraint("category IN ('marketing', 'service')", name="category"),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name="slug"),
    )

    id: Mapped[uuid_pk]
    controller_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("controllers.id"))
    slug: Mapped[str]
    name: Mapped[dict[str, str]] = mapped_column(JSONB)
    description: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    category: Mapped[str]
    purpose: Mapped[str]
    link_ref: Mapped[int] = mapped_column(sa.BigInteger)
    archived_at: Mapped[datetime | None]
    created_at: Mapped[created_at]
