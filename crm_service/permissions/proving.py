"""What the ledger says of one address, each entry so that it can be proved (rules 18 and 19)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_service.db import Connection
from crm_service.permissions import history_repository
from crm_service.permissions.digest import LedgerRow, ledger_digest

#: The projection as it was, for statements that ask about the past; see ``history_repository``.
SEEN = history_repository.SEEN


@dataclass(frozen=True)
class Proved:
    """An entry, its digest, and the evidence behind it as far as it is held.

    ``known``: whether who saw the snapshot saw the entry; ``until``: whether its end saw it.
    """

    row: LedgerRow
    digest: bytes
    topic: str | None
    evidence: str | None
    salt: bytes | None
    erased_at: datetime | None
    known: bool
    until: bool


def entries(connection: Connection, facts: dict[str, Any]) -> list[Proved]:
    """Return every entry about an address for a purpose or a topic of it, oldest first.

    ``facts``: controller_id, subject_ids, address_key, channel, purpose, topic_id; ``snapshot`` and
    ``until``, as PostgreSQL writes a ``pg_snapshot``.
    """
    rows = connection.execute(history_repository.ABOUT_ADDRESS, facts).fetchall()
    width = len(LedgerRow._fields)
    return [_proved(LedgerRow(*row[:width]), row[width:]) for row in rows]


def _proved(row: LedgerRow, beside: Sequence[Any]) -> Proved:
    return Proved(row, ledger_digest(row), *beside)


def subjects_of(
    connection: Connection, controller_id: uuid.UUID, address_key: uuid.UUID
) -> list[uuid.UUID]:
    """Return every subject under which the ledger speaks of an address; reads all of it."""
    facts = {"controller_id": controller_id, "address_key": address_key}
    return [row[0] for row in connection.execute(history_repository.SUBJECTS_OF_KEY, facts)]
