"""Many events of one controller on their way in: the rows they become, and what was refused.

Needs no database, so that it can be done for the next events while these are being stored.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from operator import attrgetter

from crm_service.engagement.accepting import Acceptor, Refused, Row
from crm_service.engagement.incoming import Incoming
from crm_service.engagement.writing import Written, write

#: Fewer events are one part: a second commit would take longer.
WHOLE = 1_000
#: Where the keys of addresses, hexadecimal, divide in halves.
_HALF = "8"


@dataclass(frozen=True)
class Rejection:
    """An event that was not stored: its place in the sequence from 0, a stable code, what to do."""

    index: int
    code: str
    detail: str


class Acceptance:
    """Events are added one after the other, each with its place in its sequence."""

    def __init__(self, acceptor: Acceptor) -> None:
        self._acceptor = acceptor
        self.rows: list[Row] = []
        self.rejected: list[Rejection] = []
        #: Of rows (by their number) whose recipient is named by a contact's id: it, and the place.
        self.named: dict[int, tuple[uuid.UUID, int]] = {}
        self._written: Written | None = None

    def __len__(self) -> int:
        """Return how many events were added or refused."""
        return len(self.rows) + len(self.rejected)

    def add(self, place: int, event: Incoming) -> None:
        """Take an event, or note why it is refused."""
        try:
            row = self._acceptor.accept(event)
        except Refused as refusal:
            self.refuse(place, refusal)
            return
        if event.contact_id is not None:
            self.named[len(self.rows)] = (event.contact_id, place)
        self.rows.append(row)

    def refuse(self, place: int, refusal: Refused) -> None:
        """Note an event that is none."""
        self.rejected.append(Rejection(place, refusal.code, str(refusal)))

    def contacts(self) -> Collection[uuid.UUID]:
        """Return the contacts that events name."""
        return {contact_id for contact_id, _ in self.named.values()}

    def parts(self) -> list["Acceptance"]:
        """Return everything in one or two parts that may be stored at once; nothing may be added.

        What happened to one person is in one of them, and so is what repeats an event. Whatever
        can be done without the database is done.
        """
        if self.named or len(self.rows) < WHOLE:
            parts = [self]
        else:
            parts = [Acceptance(self._acceptor), Acceptance(self._acceptor)]
            parts[0].rejected = self.rejected
            part_of: dict[str, bool] = {}
            for row in self.rows:
                parts[part_of.setdefault(row.digest, row.key < _HALF)].rows.append(row)
        for part in parts:
            part.prepare()
        return parts

    def prepare(self) -> None:
        """Write beforehand what needs nothing of the database."""
        if self.rows and not self.named:
            self._written = write(self.rows)

    def settled(
        self, keys: Mapping[uuid.UUID, uuid.UUID]
    ) -> tuple[int, list[Rejection], Written | None]:
        """Return how many rows there are, the refusals, and the rows, each event once.

        ``keys``: those of the contacts, now that they are known.
        """
        if not self.named:
            written = self._written or (write(self.rows) if self.rows else None)
            return len(self.rows), self.rejected, written
        rows, rejected = [], list(self.rejected)
        for number, row in enumerate(self.rows):
            contact_id, place = self.named.get(number, (None, 0))
            if contact_id is None:
                rows.append(row)
            elif contact_id in keys:
                rows.append(row._replace(key=keys[contact_id].hex))
            else:
                detail = "there is no contact with this id"
                rejected.append(Rejection(place, "contact_not_found", detail))
        rejected.sort(key=attrgetter("index"))
        return len(rows), rejected, write(rows) if rows else None
