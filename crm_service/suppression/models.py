"""The suppression list."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_service.db import Base, Xid8


class SuppressionRow(Base):
    """A refusal that survives the erasure of the person: it holds a key, never an address."""

    __tablename__ = "suppressions"

    id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True, server_default=sa.text("gen_random_uuid()")
    )
    controller_id: Mapped[uuid.UUID]
    address_key: Mapped[uuid.UUID] = mapped_column(comment="pseudonymous")
    subject_id: Mapped[uuid.UUID] = mapped_column(comment="pseudonymous")
    kind: Mapped[str]
    scope: Mapped[str]
    topic_id: Mapped[uuid.UUID | None]
    reason: Mapped[str]
    source: Mapped[str]
    note: Mapped[str | None] = mapped_column(comment="may hold personal data; emptied by erasure")
    correlation: Mapped[uuid.UUID]
    suppressed_at: Mapped[datetime]
    #: By which transaction it came: rows from before these columns have none.
    added_xid: Mapped[int | None] = mapped_column(
        Xid8, server_default=sa.text("pg_current_xact_id()")
    )
    recorded_at: Mapped[datetime | None] = mapped_column(server_default=sa.func.now())
    ends_at: Mapped[datetime | None]
    restated_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
    #: By which transaction it went; a trigger writes both.
    lifted_xid: Mapped[int | None] = mapped_column(Xid8)
    lift_recorded_at: Mapped[datetime | None]
    lift_justification: Mapped[str | None] = mapped_column(
        comment="may hold personal data; emptied by erasure"
    )
