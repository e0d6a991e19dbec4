"""Contacts and the organizations that they may represent.

A column whose comment begins with "personal data" is exported and erased by ``personal_data.py``.
"""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm_service.db import Base, created_at

PERSONAL = "personal data"
PSEUDONYMOUS = "pseudonymous"

#: Columns with plain text, which a request may fill where the policy lists them.
TEXTS = (
    "first_name",
    "last_name",
    "company",
    "street",
    "postal_code",
    "city",
    "country",
    "language",
    "external_id",
    "notes",
)


class Organization(Base):
    """A legal entity.

    The policy exempts its own data; the natural persons who represent it are contacts and treated
    as such (clause ee-02).
    """

    __tablename__ = "organizations"
    __table_args__ = (
        sa.UniqueConstraint("controller_id", "registration_no"),
        sa.Index("ix_organizations_controller_id", "controller_id", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    controller_id: Mapped[uuid.UUID]
    name: Mapped[str]
    registration_no: Mapped[str | None]
    vat_no: Mapped[str | None]
    street: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    country: Mapped[str | None]
    invoice_emails: Mapped[list[str]] = mapped_column(
        ARRAY(sa.Text), server_default=sa.text("'{}'::text[]")
    )
    version: Mapped[int] = mapped_column(server_default=sa.text("1"))
    created_at: Mapped[created_at]
    updated_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class Contact(Base):
    """A natural person in a controller's register. Its id is the subject behind its addresses."""

    __tablename__ = "contacts"
    __table_args__ = (
        sa.UniqueConstraint("controller_id", "email_key"),
        sa.Index("ix_contacts_controller_id", "controller_id", "id"),
        sa.Index(
            "ix_contacts_phone_key",
            "controller_id",
            "phone_key",
            postgresql_where=sa.text("phone_key IS NOT NULL"),
        ),
        sa.Index(
            "ix_contacts_organization_id",
            "controller_id",
            "organization_id",
            postgresql_where=sa.text("organization_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_contacts_controller_id_external_id",
            "controller_id",
            "external_id",
            unique=True,
            postgresql_where=sa.text("external_id IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment=PSEUDONYMOUS)
    controller_id: Mapped[uuid.UUID]
    email: Mapped[str] = mapped_column(comment=f"{PERSONAL}; as given, compared by email_key")
    email_key: Mapped[uuid.UUID] = mapped_column(comment=PSEUDONYMOUS)
    phone: Mapped[str | None] = mapped_column(
        comment=f"{PERSONAL}; as given, compared by phone_key"
    )
    phone_key: Mapped[uuid.UUID | None] = mapped_column(comment=PSEUDONYMOUS)
    first_name: Mapped[str | None] = mapped_column(comment=PERSONAL)
    last_name: Mapped[str | None] = mapped_column(comment=PERSONAL)
    company: Mapped[str | None] = mapped_column(comment=PERSONAL)
    street: Mapped[str | None] = mapped_column(comment=PERSONAL)
    postal_code: Mapped[str | None] = mapped_column(comment=PERSONAL)
    city: Mapped[str | None] = mapped_column(comment=PERSONAL)
    country: Mapped[str | None] = mapped_column(comment=PERSONAL)
    language: Mapped[str | None] = mapped_column(comment=PERSONAL)
    external_id: Mapped[str | None] = mapped_column(comment=PERSONAL)
    notes: Mapped[str | None] = mapped_column(comment=PERSONAL)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("organizations.id"), comment=PERSONAL
    )
    source_kind: Mapped[str] = mapped_column(comment=f"{PERSONAL}; needed for GDPR Art. 14(2)(f)")
    source_reference: Mapped[str | None] = mapped_column(comment=PERSONAL)
    attributes: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=sa.text("'{}'::jsonb"), comment=PERSONAL
    )
    restricted_at: Mapped[datetime | None] = mapped_column(comment=PERSONAL)
    added_at: Mapped[datetime] = mapped_column(comment=f"{PERSONAL}; the earliest ever given")
    version: Mapped[int] = mapped_column(server_default=sa.text("1"))
    created_at: Mapped[created_at]
    updated_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    def known_fields(self) -> list[str]:
        """Return the names of the fields in which something is known about the person."""
        others = ("organization_id", "attributes", "source_reference")
        return [name for name in ("email", "phone", *TEXTS, *others) if getattr(self, name)]


class FieldSource(Base):
    """Where a field comes from that did not come with the contact (GDPR Art. 14(2)(f))."""

    __tablename__ = "contact_sources"

    controller_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(comment=f"{PERSONAL}; GDPR Art. 14(2)(f)")
    reference: Mapped[str | None] = mapped_column(comment=PERSONAL)
    recorded_at: Mapped[created_at]


class Assignment(Base):
    """Which client manager looks after a contact (clause ws-02)."""

    __tablename__ = "assignments"
    __table_args__ = (sa.Index("ix_assignments_manager", "controller_id", "manager", "contact_id"),)

    controller_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    manager: Mapped[str]
    assigned_by: Mapped[str]
    assigned_at: Mapped[created_at]
