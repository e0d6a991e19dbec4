"""After a restore: doing again what the journal says since the backup, and proving it (rule 35).

Everything may be done twice without effect, so that an interrupted replay is simply run again. The
database counts as current only when every line is proved.
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path

from crm_service.audit import service as audit
from crm_service.db import Connection, driver_connection, transaction
from crm_service.errors import Conflict
from crm_service.journal import applying, files, leaving, proving, repository, standing
from crm_service.journal.lines import GENESIS, OFFBOARDED, Line

_BATCH = 200
_ATTEMPTS = 3
_RESTRICTIONS = frozenset({"contact.restricted.v1", "contact.restriction_lifted.v1"})


class Unproved(Conflict):
    """After the replay the database does not say what the journal says; it stays closed."""

    code = "restore_unproved"


@dataclass
class Replay:
    """What a replay did: the lines it covers, and how many of each kind had which outcome."""

    first: int = 0
    last: int = 0
    digest: bytes = GENESIS
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    proved: int = 0


def replay(worker: Connection, folder: Path) -> Replay:
    """Re-apply and prove the lines that the database does not know; then let it answer again.

    ``worker`` is a connection of the worker's role that holds the journal's lock. Raises
    ``Damaged`` if the journal is not as it was written, ``Unproved``, and ``NotCurrent`` where the
    journal does not belong to this database.
    """
    known = standing.mark(worker)
    _refuse_foreign(known, folder)
    done = Replay(first=known.number + 1, last=known.number, digest=known.digest or GENESIS)
    overtaken = _overtaken(folder, known.number)
    for controller_id, lines in _batches(folder, known.number):
        with transaction(controller_id) as session:
            connection = driver_connection(session)
            for line in _wanted(lines, overtaken):
                outcome = applying.apply(connection, line.fact)
                done.outcomes[line.fact.type, outcome] += 1
            if leaving.is_here(connection, controller_id):
                _audit(connection, controller_id, lines)
        done.last, done.digest = lines[-1].number, lines[-1].digest
    _prove(folder, known.number, overtaken, done)
    repository.advance(worker, done.last, done.digest, repository.place(worker))
    return done


def _refuse_foreign(known: standing.Mark, folder: Path) -> None:
    """Raise what keeps the journal from being this database's, but for the restore itself."""
    try:
        standing.check(known, folder)
    except standing.NotCurrent as error:
        if error.code != standing.NotCurrent.code:
            raise
    if known.number:
        line = next(files.read(folder, after=known.number - 1))
        if line.digest != known.digest:
            raise standing.NotCurrent(
                "this is the journal of another database", code="journal_foreign"
            )


def _overtaken(folder: Path, after: int) -> set[int]:
    """Return the lines that a later one takes back: they are not to be done again.

    A block that was set and lifted, of the restrictions of one person all but the last word, and
    everything about a controller that has left: only its leaving counts.
    """
    blocks: dict[str, int] = {}
    restrictions: dict[object, int] = {}
    overtaken: set[int] = set()
    by_controller: dict[uuid.UUID, list[int]] = {}
    for line in files.read(folder, after=after):
        fact = line.fact
        by_controller.setdefault(fact.controller_id, []).append(line.number)
        if fact.type == OFFBOARDED:
            overtaken.update(by_controller[fact.controller_id][:-1])
        elif fact.type == "suppression.added.v1":
            blocks[fact.data["suppression_id"]] = line.number
        elif fact.type == "suppression.lifted.v1":
            overtaken.add(blocks.get(fact.data["suppression_id"], 0))
        elif fact.type in _RESTRICTIONS:
            overtaken.add(restrictions.get(fact.subject_id, 0))
            restrictions[fact.subject_id] = line.number
    return overtaken


def _wanted(lines: Sequence[Line], overtaken: set[int]) -> Iterator[Line]:
    return (line for line in lines if line.number not in overtaken)


def _batches(folder: Path, after: int) -> Iterator[tuple[uuid.UUID, list[Line]]]:
    """Yield runs of one controller's lines, in the journal's order."""
    lines = files.read(folder, after=after)
    for controller_id, run in groupby(lines, key=lambda line: line.fact.controller_id):
        while batch := list(islice(run, _BATCH)):
            yield controller_id, batch


def _prove(folder: Path, after: int, overtaken: set[int], done: Replay) -> None:
    unproved: list[int] = []
    for controller_id, lines in _batches(folder, after):
        with transaction(controller_id) as session:
            connection = driver_connection(session)
            for line in _wanted(lines, overtaken):
                if proving.holds(connection, line.fact):
                    done.proved += 1
                else:
                    unproved.append(line.number)
    if unproved:
        shown = ", ".join(map(str, unproved[:10]))
        raise Unproved(
            f"{len(unproved)} lines of the journal do not hold after the replay ({shown}): the "
            "database stays closed; compare these lines with the database"
        )


def _audit(connection: Connection, controller_id: uuid.UUID, lines: Sequence[Line]) -> None:
    audit.record(
        connection,
        controller_id,
        actor=applying.ACTOR,
        action="journal.replay",
        count=len(lines),
        details={"lines": [lines[0].number, lines[-1].number], "head": lines[-1].digest.hex()},
    )
