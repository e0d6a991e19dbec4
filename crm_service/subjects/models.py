"""Address keys and the subjects behind them."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_service.db import Base, created_at


class AddressRow(Base):
    """One address key of a subject; the key is pseudonymous personal data and treated so."""

    __tablename__ = "addresses"

    controller_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    address_key: Mapped[uuid.UUID] = mapped_column(primary_key=True, comment="pseudonymous")
    subject_id: Mapped[uuid.UUID] = mapped_column(comment="pseudonymous")
    kind: Mapped[str]
    is_current: Mapped[bool] = mapped_column(
        server_default=sa.false(), comment="a contact bears this address now"
    )
    restricted: Mapped[bool] = mapped_column(server_default=sa.false())
    created_at: Mapped[created_at]
