"""Blocking whole lists of addresses and domains, set-based (rules 1, 2, 4, 9, 25 and 26)."""

import secrets
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.subjects import service as subjects
from crm_service.suppression import bulk_repository, domains, repository, service
from crm_service.suppression.service import Block, Suppression

#: Each advisory lock takes room in PostgreSQL's lock table: 64 a connection by default, shared.
MAX_LOCKS = 2_000
_IDS_A_MILLISECOND = 4_096
#: Of each id within a millisecond: version, number, variant.
_NUMBERS = [f"7{number:03x}8" for number in range(_IDS_A_MILLISECOND)]


class Moved(Exception):
    """Somebody else was given an address meanwhile: roll back, and take the blocks anew."""


class TooManySubjects(Exception):
    """Blocks on more known subjects than one transaction should lock: roll back, and split."""


class Term(NamedTuple):
    """What many blocks of a list share. ``kind``: email, phone, post or domain."""

    kind: str
    scope: str
    reason: str
    source: str
    topic_id: uuid.UUID | None = None
    topic: str | None = None


class Entry(NamedTuple):
    """A block to set. ``name``: of a domain, as ``domains.normalize_domain`` returns it.

    ``ends_at``: of a pause.
    """

    address_key: uuid.UUID
    term: Term
    suppressed_at: datetime
    name: str | None = None
    ends_at: datetime | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two blocks the same."""
        return (self.address_key, self.term.scope, self.term.topic_id, self.term.reason)


def add(
    connection: Connection,
    controller_id: uuid.UUID,
    entries: Sequence[Entry],
    *,
    correlation: uuid.UUID,
    now: datetime,
) -> list[bool]:
    """Set the blocks that do not stand yet; return for each entry whether it was new.

    No two entries may be the same block. Nothing is lifted, weakened or replaced; what a recent
    click set and the list says again, that click no longer takes back (rule 14). Subjects that were
    known before are locked; those of addresses never seen are nobody else's yet. Raises
    ``Moved`` and ``TooManySubjects``; the caller's transaction must roll back then.
    """
    facts = _look(controller_id, entries)
    stands, known, owners, restated = _standing(connection, facts)
    if len(owners) > MAX_LOCKS:
        raise TooManySubjects
    if owners:
        subjects.lock(connection, list(owners))
        # What was read before the lock may be outdated: read it again.
        stands, known, again, restated = _standing(connection, facts)
        if not again <= owners:
            raise Moved
    if restated:
        connection.execute(bulk_repository.RESTATE, facts | {"ids": restated})
    facts |= {"correlation": correlation, "now": now}
    numbered = [(n, entry) for n, entry in enumerate(entries, 1) if n not in stands]
    _add_unseen(connection, facts, [entry for n, entry in numbered if n not in known])
    _add_known(connection, facts, [entry for n, entry in numbered if n in known])
    return [n not in stands for n in range(1, len(entries) + 1)]


def suppress_domain(
    connection: Connection, controller_id: uuid.UUID, block: Block, *, name: str
) -> tuple[Suppression, bool]:
    """Block a domain, whose normalized entry is ``name``; return the block and whether it is new.

    Raises ``Invalid`` as ``service.check`` does.
    """
    service.check(block)
    now = utcnow()
    term = Term(domains.KIND, block.scope, block.reason, block.source, block.topic_id, block.topic)
    entry = Entry(block.address_key, term, block.suppressed_at or now, name, block.ends_at)
    [is_new] = add(connection, controller_id, [entry], correlation=uuid.uuid4(), now=now)
    found = service.same(connection, controller_id, block)
    if is_new and block.note is not None:
        connection.execute(bulk_repository.NOTE, (block.note, controller_id, found.id))
        found = service.same(connection, controller_id, block)
    return found, is_new


def standing(
    connection: Connection, controller_id: uuid.UUID, entries: Sequence[Entry]
) -> list[bool]:
    """Tell for each entry whether that block stands already; write nothing."""
    found, *_ = _standing(connection, _look(controller_id, entries))
    return [n in found for n in range(1, len(entries) + 1)]


def _standing(
    connection: Connection, facts: dict[str, Any]
) -> tuple[Collection[int], Collection[int], set[uuid.UUID], list[uuid.UUID]]:
    row = connection.execute(bulk_repository.STANDING, facts).fetchone() or (None,) * 4
    return set(row[0] or ()), set(row[1] or ()), set(row[2] or ()), row[3] or []


def _add_unseen(connection: Connection, facts: Mapping[str, Any], entries: Sequence[Entry]) -> None:
    if not entries:
        return
    # In the order of keys: two lists at once do not wait for each other in a circle.
    entries = sorted(entries, key=attrgetter("address_key.int"))
    ids = ids_in_order(2 * len(entries))
    subject_by_key: dict[uuid.UUID, str] = {}
    subject_ids: list[str] = []
    first = []
    for entry in entries:
        first.append("f" if entry.address_key in subject_by_key else "t")
        subject_ids.append(subject_by_key.setdefault(entry.address_key, ids[len(subject_ids)]))
    given = {
        **facts,
        **_arrays(entries),
        "subject_ids": f"{{{','.join(subject_ids)}}}",
        "ids": f"{{{','.join(ids[len(entries) :])}}}",
        "first": f"{{{','.join(first)}}}",
    }
    row = connection.execute(bulk_repository.ADD_UNSEEN, given).fetchone()
    if row is None or row[0] != len(subject_by_key):
        raise Moved


def _add_known(connection: Connection, facts: Mapping[str, Any], entries: Sequence[Entry]) -> None:
    if not entries:
        return
    names = {entry.address_key: entry.name for entry in entries if entry.name is not None}
    domains.remember(connection, facts["controller_id"], names)
    pauses = [entry for entry in entries if entry.ends_at is not None]
    if pauses:
        rows = [{**entry.term._asdict(), **entry._asdict(), "term": None} for entry in pauses]
        connection.execute(repository.SETTLE_PAUSES, {**facts, "rows": orjson.dumps(rows).decode()})
    connection.execute(bulk_repository.ADD_KNOWN, {**facts, **_arrays(entries)})


def _look(controller_id: uuid.UUID, entries: Sequence[Entry]) -> dict[str, Any]:
    return {"controller_id": controller_id, **_arrays(entries)}


def _arrays(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the entries as texts of arrays: much faster than adapting lists."""
    numbers: dict[Term, int] = {}
    terms_of = [str(numbers.setdefault(entry.term, len(numbers) + 1)) for entry in entries]
    return {
        "keys": f"{{{','.join([entry.address_key.hex for entry in entries])}}}",
        "dates": f"{{{','.join([entry.suppressed_at.isoformat() for entry in entries])}}}",
        "terms_of": f"{{{','.join(terms_of)}}}",
        "ends": f"{{{','.join([_end(entry) for entry in entries])}}}",
        "terms": orjson.dumps([_term(term) for term in numbers]).decode(),
    }


def _end(entry: Entry) -> str:
    return entry.ends_at.isoformat() if entry.ends_at else "NULL"


def _term(term: Term) -> dict[str, Any]:
    said = {"scope": term.scope, "topic": term.topic, "reason": term.reason, "source": term.source}
    data = {name: value for name, value in said.items() if value is not None}
    return {**term._asdict(), "data": data}


def ids_in_order(count: int) -> list[str]:
    """Return new ids, ascending with time, as hexadecimal (RFC 9562, version 7).

    Rows that are added together stand together in indexes, which makes adding them much faster.
    """
    milliseconds, rest = time.time_ns() // 1_000_000, secrets.token_hex(8 * count)
    ids: list[str] = []
    for first in range(0, count, _IDS_A_MILLISECOND):
        since = f"{milliseconds + first // _IDS_A_MILLISECOND:012x}"
        places = range(16 * first + 1, 16 * min(count, first + _IDS_A_MILLISECOND), 16)
        ids += [
            f"{since}{number}{rest[at : at + 15]}"
            for number, at in zip(_NUMBERS, places, strict=False)
        ]
    return ids
