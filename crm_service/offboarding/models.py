"""What stays of a controller that left: the heads of its sealed logs. No personal data."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_service.db import Base, uuid_pk


class Offboarding(Base):
    """A controller that was deleted, or is being; whose it was, the export alone can tell."""

    __tablename__ = "offboardings"
    __table_args__ = (sa.UniqueConstraint("leaving_id"),)

    id: Mapped[uuid_pk]
    leaving_id: Mapped[uuid.UUID | None] = mapped_column(
        comment="the controller while its rows are being deleted; null afterwards"
    )
    manifest_sha256: Mapped[bytes] = mapped_column(comment="of the export that was compared")
    ledger_seal: Mapped[int] = mapped_column(sa.BigInteger)
    ledger_head: Mapped[bytes]
    audit_seal: Mapped[int] = mapped_column(sa.BigInteger)
    audit_head: Mapped[bytes]
    began_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    ended_at: Mapped[datetime | None]
