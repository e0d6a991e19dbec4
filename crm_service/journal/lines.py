"""One line of the journal: a fact that a restored database must not forget, and its place.

Each line holds the digest of the line before, so that a line cannot be changed, left out or put in
without its followers showing it. No address stands in one: ids, address keys and codes alone.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from crm_service.errors import DomainError

#: What a journal begins from.
GENESIS = b"\0" * 32

#: The facts that a restore must re-apply (rule 35), by the types of their events. A lift is here
#: because a block that was set and lifted since the backup is not to be set again.
TYPES = (
    "contact.erased.v1",
    "contact.restricted.v1",
    "contact.restriction_lifted.v1",
    "suppression.added.v1",
    "suppression.lifted.v1",
    "consent.withdrawn.v1",
    "objection.recorded.v1",
)

#: No event: the event log of a controller that has left is gone.
OFFBOARDED = "controller.offboarded.v1"


class Damaged(DomainError):
    """The journal is not as it was written: a line is unreadable, changed, missing or too many."""

    code = "journal_damaged"


@dataclass(frozen=True)
class Fact:
    """What happened, as the event log tells it. ``kind`` and ``domain``: of the address key."""

    type: str
    controller_id: uuid.UUID
    subject_id: uuid.UUID | None
    occurred_at: str
    data: dict[str, Any]
    kind: str | None = None
    domain: str | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When the pause that it tells of is over; None for everything else."""
        stated = self.data.get("ends_at")
        return datetime.fromisoformat(stated) if stated else None

    def is_over(self, now: datetime) -> bool:
        """Tell whether it is a pause that has ended: there is nothing left to apply."""
        return self.ends_at is not None and self.ends_at <= now


@dataclass(frozen=True)
class Line:
    """A fact with its number (from 1, without gaps) and its place in the chain."""

    number: int
    previous: bytes
    digest: bytes
    fact: Fact


def following(number: int, previous: bytes, fact: Fact) -> Line:
    """Return the line that writes ``fact`` down behind line ``number`` with its digest."""
    digest = hashlib.sha256(previous + _body(number + 1, fact)).digest()
    return Line(number + 1, previous, digest, fact)


def encode(line: Line) -> bytes:
    """Return the line as it stands in a file: one JSON object and a line feed."""
    outside = {
        "number": line.number,
        "previous": line.previous.hex(),
        "digest": line.digest.hex(),
        "fact": line.fact,
    }
    return orjson.dumps(outside) + b"\n"


def decode(text: bytes) -> Line:
    """Read a line, and check that its digest is its content's.

    Raises ``Damaged``. That it follows the line before is the reader's to check.
    """
    try:
        outside = orjson.loads(text)
        fact = dict(outside["fact"])
        for name in ("controller_id", "subject_id"):
            fact[name] = uuid.UUID(fact[name]) if fact[name] else None
        line = following(outside["number"] - 1, bytes.fromhex(outside["previous"]), Fact(**fact))
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"a line of the journal cannot be read: {type(error).__name__}") from None
    if line.digest.hex() != outside["digest"]:
        raise Damaged(f"line {line.number} of the journal was changed after it was written")
    return line


def _body(number: int, fact: Fact) -> bytes:
    return orjson.dumps([number, fact], option=orjson.OPT_SORT_KEYS)
