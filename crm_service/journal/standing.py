"""Whether the database still knows all that its journal says (rule 35).

The database remembers how far the journal was written, and, before each writing, how far it is
about to be. A journal that goes further was written by a later state of this database: an older one
has been restored.
"""

from dataclasses import dataclass
from pathlib import Path

from crm_service.db import Connection
from crm_service.errors import DomainError
from crm_service.journal import files
from crm_service.journal.lines import Damaged, Line

MARK = """
SELECT number, digest, intended, extract(epoch FROM clock_timestamp() - updated_at)::float8
FROM journal_marks
"""


class NotCurrent(DomainError):
    """The journal and the database do not fit together: nothing may be answered from it."""

    code = "restore_pending"


@dataclass(frozen=True)
class Mark:
    """The last line that the database knows of, and up to which number more may be written.

    ``age`` is how many seconds ago the worker last wrote lines or found that there are none to
    write.
    """

    number: int
    digest: bytes
    intended: int
    age: float = 0.0


def mark(connection: Connection) -> Mark:
    """Return what the database remembers of its journal."""
    row = connection.execute(MARK).fetchone()
    if row is None:  # pragma: no cover - the migration wrote the row
        raise LookupError("the journal's mark is missing")
    return Mark(row[0], bytes(row[1]), row[2], row[3])


def check(known: Mark, folder: Path) -> Line | None:
    """Return the journal's last line if the database knows all that the journal says.

    Raises ``NotCurrent``: ``restore_pending``, ``journal_missing``, ``journal_behind``,
    ``journal_foreign`` or ``journal_damaged``, each saying what to do.
    """
    try:
        last = files.tail(folder)
    except (Damaged, OSError) as error:
        raise NotCurrent(f"the journal cannot be read: {error}", code=Damaged.code) from None
    number = last.number if last else 0
    if number > known.intended:
        raise NotCurrent(
            f"an older database was restored: it knows the journal up to line {known.number} of "
            f"{number}; run `crm-service restore replay`"
        )
    if last is None and known.number:
        raise NotCurrent(
            f"the journal is not in its folder, though {known.number} lines were written: put it "
            "back, or begin a new one with `crm-service restore new-journal`",
            code="journal_missing",
        )
    if number < known.number:
        raise NotCurrent(
            f"the journal ends at line {number}, though {known.number} were written: put its last "
            "state back",
            code="journal_behind",
        )
    if last and number == known.number and last.digest != known.digest:
        raise NotCurrent("this is the journal of another database", code="journal_foreign")
    return last
