"""Tables of tenants and their keys. They hold no personal data."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from crm_service.db import Base, created_at, uuid_pk


class Controller(Base):
    """An organization that decides why data are processed (GDPR Art. 4(7)); the tenant."""

    __tablename__ = "controllers"
    __table_args__ = (
        sa.UniqueConstraint("slug"),
        sa.UniqueConstraint("link_ref"),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="slug"),
    )

    id: Mapped[uuid_pk]
    slug: Mapped[str]
    name: Mapped[str]
    link_ref: Mapped[int] = mapped_column(sa.BigInteger, comment="names the controller in links")
    created_at: Mapped[created_at]
    #: While it is being offboarded: no key and no link of it works.
    closed_at: Mapped[datetime | None]


class ApiKey(Base):
    """A key of a controller; only the digest of its secret is kept (rule 37)."""

    __tablename__ = "api_keys"
    __table_args__ = (
        sa.UniqueConstraint("secret_sha256"),
        sa.Index("ix_api_keys_controller_id", "controller_id", "created_at"),
    )

    id: Mapped[uuid_pk]
    controller_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("controllers.id"))
    prefix: Mapped[str]
    name: Mapped[str]
    secret_sha256: Mapped[bytes]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(sa.Text()))
    origins: Mapped[list[str] | None] = mapped_column(
        ARRAY(sa.Text()), comment="a key for browsers, used from these pages alone"
    )
    client_manager: Mapped[str | None] = mapped_column(
        comment="a key of this client manager, who sees the contacts assigned to them alone"
    )
    created_at: Mapped[created_at]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
