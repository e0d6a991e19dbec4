"""SQL over the sealed logs and their seals.

Entries are ordered by (xid, position) and read only below ``pg_snapshot_xmin``: every transaction
older than that has ended, so nothing can appear before what has been read (architecture decision
4). A position alone would not do: positions are taken before the commit, in any order.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from psycopg.rows import args_row

from crm_service.db import Connection
from crm_service.seals.digests import Mark, Seal
from crm_service.seals.logs import Entry, Log

PAGE = 5_000

_HORIZON = """
SELECT pg_snapshot_xmin(s)::text, pg_snapshot_xmax(s)::text, now()
FROM pg_current_snapshot() AS s
"""

#: The oldest unsealed entry of each controller that has one: two index descents a controller and
#: partition. LIMIT keeps the planner from joining whole tables instead.
_DUE = """
SELECT c.id, first.xid::text, first.recorded_at
FROM controllers c
LEFT JOIN LATERAL (
    SELECT up_to_xid, up_to_position FROM seals
    WHERE controller_id = c.id AND log = %(log)s ORDER BY number DESC LIMIT 1
) sealed ON true
CROSS JOIN LATERAL (
    SELECT e.xid, e.recorded_at FROM {table} e
    WHERE e.controller_id = c.id AND e.recorded_at >= %(since)s::timestamptz
      AND (e.xid, e.position)
          > (coalesce(sealed.up_to_xid, '0'), coalesce(sealed.up_to_position, 0))
    ORDER BY e.xid, e.position LIMIT 1
) first
"""

_LAST_XID = """
SELECT sealed.up_to_xid::text
FROM controllers c CROSS JOIN (VALUES ('ledger'), ('audit')) AS l (log)
CROSS JOIN LATERAL (
    SELECT up_to_xid FROM seals
    WHERE controller_id = c.id AND log = l.log ORDER BY number DESC LIMIT 1
) sealed
ORDER BY sealed.up_to_xid DESC LIMIT 1
"""

_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"

_ENTRIES = """
SELECT {columns} FROM {table} e
WHERE controller_id = %(controller_id)s
  AND (e.xid, e.position) <= (%(to_xid)s::text::xid8, %(to_position)s) {after}
ORDER BY e.xid, e.position LIMIT %(limit)s
"""
_COUNT = "SELECT count(*) FROM {table} e WHERE controller_id = %(controller_id)s {after}"
_AFTER = "AND (e.xid, e.position) > (%(after_xid)s::text::xid8, %(after_position)s)"

#: Evidence that is neither what its entry vouches for nor properly erased, and evidence of entries
#: that are not there. Hashed here, so that nobody's evidence leaves the database.
_WRONG_EVIDENCE = """
SELECT CASE WHEN e.id IS NULL THEN 'entry_missing'
            WHEN v.entry_id IS NULL THEN 'evidence_missing'
            ELSE 'evidence_changed' END,
       coalesce(e.id, v.entry_id)
FROM (SELECT id, evidence_sha256 FROM ledger_entries WHERE controller_id = %(controller_id)s) e
FULL JOIN (
    SELECT entry_id, sha256(salt || convert_to(evidence, 'UTF8')) AS digest,
           salt IS NULL AND evidence IS NULL AND erased_at IS NOT NULL AS erased
    FROM ledger_evidence WHERE controller_id = %(controller_id)s
) v ON v.entry_id = e.id
WHERE e.id IS NULL
   OR v.entry_id IS NULL AND e.evidence_sha256 IS NOT NULL
   OR v.entry_id IS NOT NULL AND NOT coalesce(
          v.digest = e.evidence_sha256, v.erased AND e.evidence_sha256 IS NOT NULL)
"""

_SEAL_COLUMNS = """
controller_id, log, number, up_to_xid::text, up_to_position, entries, merkle_root, previous_digest,
digest, sealed_at
"""
_LAST_SEAL = f"""
SELECT {_SEAL_COLUMNS} FROM seals WHERE controller_id = %s AND log = %s
ORDER BY number DESC LIMIT 1
"""  # noqa: S608 - constant text
_SEALS = f"""
SELECT {_SEAL_COLUMNS} FROM seals WHERE controller_id = %s AND log = %s AND number > %s
ORDER BY number LIMIT %s
"""  # noqa: S608 - constant text
_INSERT_SEAL = """
INSERT INTO seals (controller_id, log, number, up_to_xid, up_to_position, entries, merkle_root,
    previous_digest, digest, sealed_at)
VALUES (%s, %s, %s, %s::text::xid8, %s, %s, %s, %s, %s, %s)
"""


class Horizon(NamedTuple):
    """Every transaction below ``settled`` has ended; ``upcoming`` is the next to begin."""

    settled: int
    upcoming: int
    at: datetime

    @property
    def sealable(self) -> Mark:
        """The last place in a log that no running transaction can still write before."""
        return Mark(self.settled - 1, 2**63 - 1)


class Due(NamedTuple):
    """A controller with unsealed entries, and the oldest of them."""

    controller_id: uuid.UUID
    xid: int
    recorded_at: datetime


def horizon(connection: Connection) -> Horizon:
    """Return which transactions have ended, by the database's own clock."""
    row = connection.execute(_HORIZON).fetchone()
    if row is None:  # pragma: no cover - a SELECT without a table's rows has one row
        raise LookupError("no snapshot")
    return Horizon(int(row[0]), int(row[1]), row[2])


def due(connection: Connection, log: Log, since: datetime | None) -> list[Due]:
    """Return the controllers with visible unsealed entries recorded since then (None: ever)."""
    bounds = {"log": log.name, "since": since or "-infinity"}
    rows = connection.execute(_DUE.format(table=log.table), bounds)
    return [Due(controller_id, int(xid), at) for controller_id, xid, at in rows]


def last_sealed_xid(connection: Connection) -> int:
    """Return the newest transaction id under any seal, 0 where there is none."""
    row = connection.execute(_LAST_XID).fetchone()
    return int(row[0]) if row else 0


def try_lock(connection: Connection, log: Log, controller_id: uuid.UUID) -> bool:
    """Take this chain for the transaction; False where another sealer has it."""
    row = connection.execute(_TRY_LOCK, (f"seals:{log.name}:{controller_id}",)).fetchone()
    return bool(row and row[0])


def entries(
    connection: Connection,
    log: Log,
    controller_id: uuid.UUID,
    *,
    up_to: Mark,
    after: Mark | None = None,
    limit: int | None = None,
) -> Iterator[Entry]:
    """Yield a controller's entries after one mark up to another, a page at a time, in order."""
    with connection.cursor(row_factory=args_row(log.read), binary=True) as cursor:
        while limit is None or limit > 0:
            size = PAGE if limit is None else min(PAGE, limit)
            statement = _ENTRIES.format(
                columns=log.columns, table=log.table, after=_AFTER if after else ""
            )
            bounds = {"controller_id": controller_id, "limit": size} | _bound("to", up_to)
            page = cursor.execute(statement, bounds | _bound("after", after)).fetchall()
            yield from page
            if len(page) < size:
                return
            after = page[-1].mark
            limit = None if limit is None else limit - size


def _bound(name: str, mark: Mark | None) -> dict[str, object]:
    return {f"{name}_xid": str(mark.xid), f"{name}_position": mark.position} if mark else {}


def count_after(
    connection: Connection, log: Log, controller_id: uuid.UUID, after: Mark | None
) -> int:
    """Return how many of a controller's entries stand after a mark."""
    statement = _COUNT.format(table=log.table, after=_AFTER if after else "")
    facts = {"controller_id": controller_id} | _bound("after", after)
    row = connection.execute(statement, facts).fetchone()
    return int(row[0]) if row else 0


def wrong_evidence(
    connection: Connection, controller_id: uuid.UUID
) -> Iterator[tuple[str, uuid.UUID]]:
    """Yield what is wrong with evidence: a code, and the entry concerned."""
    with connection.cursor(name="wrong_evidence") as cursor:
        cursor.execute(_WRONG_EVIDENCE, {"controller_id": controller_id})
        yield from cursor


def _seal(
    controller_id: uuid.UUID,
    log: str,
    number: int,
    xid: str,
    position: int,
    entries: int,
    merkle_root: bytes,
    previous_digest: bytes,
    digest: bytes,
    sealed_at: datetime,
) -> Seal:
    digests = (merkle_root, previous_digest, digest)
    return Seal(controller_id, log, number, Mark(int(xid), position), entries, *digests, sealed_at)


def last_seal(connection: Connection, controller_id: uuid.UUID, log: Log) -> Seal | None:
    """Return the head of a chain, None where nothing has been sealed."""
    with connection.cursor(row_factory=args_row(_seal)) as cursor:
        return cursor.execute(_LAST_SEAL, (controller_id, log.name)).fetchone()


def seals(
    connection: Connection, controller_id: uuid.UUID, log: Log, number: int = -(2**63)
) -> Iterator[Seal]:
    """Yield a chain's seals behind a number in their order, a page at a time."""
    with connection.cursor(row_factory=args_row(_seal)) as cursor:
        while page := cursor.execute(_SEALS, (controller_id, log.name, number, PAGE)).fetchall():
            yield from page
            number = page[-1].number


def seal_from(
    connection: Connection, controller_id: uuid.UUID, log: Log, number: int
) -> Seal | None:
    """Return the seal of that number, or the next there is."""
    with connection.cursor(row_factory=args_row(_seal)) as cursor:
        return cursor.execute(_SEALS, (controller_id, log.name, number - 1, 1)).fetchone()


def insert(connection: Connection, seal: Seal) -> None:
    """Store a seal. Raises ``UniqueViolation`` rather than fork the chain."""
    chain = (seal.controller_id, seal.log, seal.number, str(seal.up_to.xid))
    covered = (seal.up_to.position, seal.entries)
    digests = (seal.merkle_root, seal.previous_digest, seal.digest)
    connection.execute(_INSERT_SEAL, (*chain, *covered, *digests, seal.sealed_at))


def slugs(connection: Connection) -> list[str]:
    """Return every controller's slug; only the worker's role sees them all."""
    return [row[0] for row in connection.execute("SELECT slug FROM controllers ORDER BY slug")]
