"""What the ledger says of one address, each entry so that it can be proved (rules 18 and 19)."""

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

    ``counts``: whether it counts at the moment asked about, by what is known today.
    """

    row: LedgerRow
    digest: bytes
    counts: bool
    topic: str | None
    evidence: str | None
    salt: bytes | None
    erased_at: datetime | None

    @property
    def place(self) -> tuple[object, str]:
        """What the entry is about: of the entries of one place the last one stands."""
        return self.row.topic_id, self.row.basis


def entries(connection: Connection, facts: dict[str, Any]) -> list[Proved]:
    """Return every entry about an address for a purpose or a topic of it, oldest first.

    ``facts``: controller_id, address_key, channel, purpose, topic_id (None: the whole purpose
    alone), and the moment ``at``.
    """
    rows = connection.execute(history_repository.ABOUT_ADDRESS, facts).fetchall()
    width = len(LedgerRow._fields)
    read = ((LedgerRow(*row[:width]), row[width:]) for row in rows)
    return [Proved(row, ledger_digest(row), *beside) for row, beside in read]
