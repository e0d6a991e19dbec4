"""What is to be imported, how, and what became of it."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_service.contacts.sourcing import IMPORT
from crm_service.policies.document import Policy
from crm_service.transfers.batches import BATCH_ROWS
from crm_service.transfers.columns import Columns
from crm_service.transfers.detecting import Source
from crm_service.transfers.jobs import Job
from crm_service.transfers.reading import Table
from crm_service.transfers.tallies import Tally
from crm_service.transfers.updating import Updates
from crm_service.transfers.verdicts import Verdict


@dataclass(frozen=True, kw_only=True)
class Request:
    """A file and how to import it. ``mapping``: pairs of column and field, over what names say."""

    source: Source
    mapping: tuple[tuple[str, str], ...] = ()
    updates: Updates = field(default_factory=Updates)
    encoding: str | None = None
    delimiter: str | None = None
    #: Where the file's data come from, a kind of the closed list; None is not said.
    source_kind: str | None = None
    dry_run: bool = False
    batch_rows: int = BATCH_ROWS

    def options(self) -> dict[str, Any]:
        """Return what decides how rows are read and written."""
        told = {
            "mapping": [list(pair) for pair in self.mapping],
            "update": {"default": self.updates.default, **self.updates.by_field},
            "encoding": self.encoding,
            "delimiter": self.delimiter,
        }
        told |= {"source": self.source_kind} if self.source_kind else {}
        return {**told, "dry_run": True} if self.dry_run else told

    @classmethod
    def of(cls, source: Source, options: Mapping[str, Any]) -> "Request":
        """Return the request for a file that ``options()`` told of."""
        updates = dict(options["update"])
        return cls(
            source=source,
            mapping=tuple((column, name) for column, name in options["mapping"]),
            updates=Updates(updates.pop("default"), updates),
            encoding=options["encoding"],
            delimiter=options["delimiter"],
            source_kind=options.get("source"),
            dry_run=options.get("dry_run", False),
        )


@dataclass(frozen=True, kw_only=True)
class Order:
    """One import under way. ``id`` is its correlation in the ledger and in events."""

    id: uuid.UUID
    controller_id: uuid.UUID
    policy: Policy
    actor: str
    updates: Updates
    source_kind: str = IMPORT


@dataclass(frozen=True)
class Progress:
    """How far an import is: bytes of the file, and rows by outcome."""

    position: int
    size: int
    tally: Tally


@dataclass(frozen=True, kw_only=True)
class Result:
    """An import that has ended. ``verdicts()`` yields what became of each row, in their order."""

    job: Job
    table: Table
    columns: Columns
    started_at_row: int
    verdicts: Callable[[], Iterator[Verdict]]
