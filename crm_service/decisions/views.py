"""Who could see what: a transaction by its snapshot, anybody at a moment by the clock."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol


class View(Protocol):
    """What was known to somebody."""

    def sees(self, xid: int, recorded_at: datetime) -> bool:
        """Tell whether what a transaction wrote was known; ``recorded_at``: when it began."""


@dataclass(frozen=True)
class Snapshot:
    """What a transaction could see, as PostgreSQL writes a ``pg_snapshot``: exact."""

    text: str

    @cached_property
    def _bounds(self) -> tuple[int, int, frozenset[int]]:
        oldest, upcoming, running = self.text.split(":")
        return int(oldest), int(upcoming), frozenset(map(int, filter(None, running.split(","))))

    def sees(self, xid: int, recorded_at: datetime) -> bool:  # noqa: ARG002 - as views do
        """Tell whether the transaction had ended."""
        oldest, upcoming, running = self._bounds
        return xid < oldest or (xid < upcoming and xid not in running)


@dataclass(frozen=True)
class AsRecorded:
    """What had been recorded by a moment: by when its transaction began, for no end is on record.

    Transactions that write take milliseconds, but those of large imports.
    """

    at: datetime

    def sees(self, xid: int, recorded_at: datetime) -> bool:  # noqa: ARG002 - as views do
        """Tell whether the transaction had begun."""
        return recorded_at <= self.at
