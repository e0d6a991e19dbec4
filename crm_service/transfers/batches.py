"""Cutting a file into batches of checked rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from crm_service.transfers.reading import Malformed, Records
from crm_service.transfers.rows import Interpreter, Person, Rejected

#: Large enough that a commit costs little, small enough that nobody waits long for a lock.
BATCH_ROWS = 2_000
_BATCH_CHARACTERS = 4_000_000


@dataclass
class Batch:
    """Rows from ``first`` on, counted from 1, as they stand in the file and as they were read.

    ``position``: bytes of the file read so far.
    """

    first: int
    records: list[Sequence[str] | Malformed] = field(default_factory=list)
    rows: list[Person | Rejected] = field(default_factory=list)
    position: int = 0
    characters: int = 0

    @property
    def next_row(self) -> int:
        """The number of the row behind the last one."""
        return self.first + len(self.rows)

    def is_full(self, limit: int) -> bool:
        """Tell whether nothing more should be added."""
        return len(self.rows) >= limit or self.characters >= _BATCH_CHARACTERS


def cut(
    records: Records, interpreter: Interpreter, *, start: int = 1, limit: int = BATCH_ROWS
) -> Iterator[Batch]:
    """Yield batches of the rows from ``start`` on; the ones before are only remembered."""
    batch = Batch(start)
    for number, record in enumerate(records, 1):
        row = interpreter.read(record)
        if number < start:
            continue
        batch.records.append(record)
        batch.rows.append(row)
        batch.characters += _length(record)
        if batch.is_full(limit):
            batch.position = records.position
            yield batch
            batch = Batch(batch.next_row)
    if batch.rows:
        batch.position = records.position
        yield batch


def _length(record: Sequence[str] | Malformed) -> int:
    return 0 if isinstance(record, Malformed) else sum(map(len, record))
