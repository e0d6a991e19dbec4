"""Applying rows of a list of refusals, each call in a transaction of its own."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.errors import Invalid
from crm_service.suppression import bulk, hashed
from crm_service.topics import service as topics
from crm_service.transfers.jobs import entered
from crm_service.transfers.seen import Seen
from crm_service.transfers.suppression_rows import Ignored, Refusal, Rejected, Row

OUTCOMES = ("added", "unchanged", "ignored", "rejected")
#: More new topics than this in one list are a column that holds something else.
MAX_NEW_TOPICS = 100


class Outcome(NamedTuple):
    """What became of a row, and why it was refused."""

    name: str
    reason: str = ""


_ADDED, _UNCHANGED, _IGNORED = Outcome("added"), Outcome("unchanged"), Outcome("ignored")


@dataclass(slots=True)
class _Place:
    """A refusal with the place of its row."""

    at: int
    entry: Refusal


class Register:
    """Applies the chunks of one list, one after the other. A dry run only looks."""

    def __init__(
        self,
        connection: Connection,
        controller_id: uuid.UUID,
        *,
        correlation: uuid.UUID,
        dry_run: bool,
    ) -> None:
        self._connection = connection
        self._controller_id = controller_id
        self._correlation = correlation
        self._dry_run = dry_run
        self._topics: dict[str, uuid.UUID | None] = {}
        self._created = 0
        self._seen = Seen()
        self.has_kept_hashes = False

    def apply(self, rows: Sequence[Row]) -> list[Outcome]:
        """Write what the rows say; return what became of each, in their order.

        Raises ``bulk.Moved``, ``bulk.TooManySubjects`` and psycopg's errors; nothing of the rows is
        stored then, and they may be applied again.
        """
        outcomes = [_settled(row) for row in rows]
        places = [
            _Place(at, row)
            for at, row in enumerate(rows)
            if not isinstance(row, Rejected | Ignored)
        ]
        try:
            with entered(self._connection, self._controller_id):
                places = self._with_topics(places, outcomes)
                self._write(_first_of_each(places), outcomes)
        except BaseException:
            # What the transaction had made is gone with it.
            self._topics.clear()
            raise
        return outcomes

    def _write(self, places: Sequence[_Place], outcomes: list[Outcome]) -> None:
        named = [(p.at, p.entry) for p in places if isinstance(p.entry, bulk.Entry)]
        hashes = [(p.at, p.entry) for p in places if isinstance(p.entry, hashed.Entry)]
        if named:
            entries = [entry for _, entry in named]
            self._note([at for at, _ in named], self._add(entries), entries, outcomes)
        if hashes:
            listed = [entry for _, entry in hashes]
            self._note([at for at, _ in hashes], self._keep(listed), listed, outcomes)

    def _add(self, entries: Sequence[bulk.Entry]) -> list[bool]:
        if self._dry_run:
            found = bulk.standing(self._connection, self._controller_id, entries)
            return [not stands for stands in found]
        return bulk.add(
            self._connection,
            self._controller_id,
            entries,
            correlation=self._correlation,
            now=utcnow(),
        )

    def _keep(self, entries: Sequence[hashed.Entry]) -> list[bool]:
        if self._dry_run:
            kept = set(hashed.kept(self._connection, self._controller_id, entries))
            return [n not in kept for n in range(1, len(entries) + 1)]
        self.has_kept_hashes = True
        return hashed.keep(self._connection, self._controller_id, entries)

    def _note(
        self,
        places: Sequence[int],
        new: Sequence[bool],
        entries: Sequence[Refusal],
        outcomes: list[Outcome],
    ) -> None:
        for at, is_new, entry in zip(places, new, entries, strict=True):
            # What a dry run does not store, it must remember: a later row may say it again.
            if is_new and not (self._dry_run and self._seen.add(_fingerprint(entry))):
                outcomes[at] = _ADDED

    def _with_topics(self, places: Sequence[_Place], outcomes: list[Outcome]) -> list[_Place]:
        slugs = {slug for place in places if (slug := place.entry.term.topic) is not None}
        if not slugs:
            return list(places)
        for slug in sorted(slugs - self._topics.keys()):
            self._topics[slug] = self._topic_id(slug)
        usable = []
        for place in places:
            named = place.entry.term.topic
            topic_id = self._topics[named] if named is not None else None
            if named is not None and topic_id is None:
                outcomes[place.at] = Outcome("rejected", "unknown_topic")
                continue
            if topic_id is not None:
                place.entry = _about(place.entry, topic_id)
            usable.append(place)
        return usable

    def _topic_id(self, slug: str) -> uuid.UUID | None:
        """Return the topic's id. One that is not there is made, or its refusals would be lost."""
        found = topics.find(self._connection, self._controller_id, slug)
        if found is not None:
            return found.id
        if self._created >= MAX_NEW_TOPICS:
            return None
        if self._dry_run:
            self._created += 1
            return uuid.uuid4()
        try:
            made = topics.ensure(self._connection, self._controller_id, [slug])[slug]
        except Invalid:
            return None
        self._created += 1
        return made.id


def _settled(row: Row) -> Outcome:
    if isinstance(row, Rejected):
        return Outcome("rejected", row.reason)
    return _IGNORED if isinstance(row, Ignored) else _UNCHANGED


def _about(entry: Refusal, topic_id: uuid.UUID) -> Refusal:
    if isinstance(entry, bulk.Entry):
        return entry._replace(term=entry.term._replace(topic_id=topic_id))
    return entry._replace(term=entry.term._replace(topic_id=topic_id))


def _first_of_each(places: Sequence[_Place]) -> list[_Place]:
    first: dict[tuple[object, ...], _Place] = {}
    for place in places:
        first.setdefault(place.entry.identity, place)
    return list(first.values())


def _fingerprint(entry: Refusal) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, repr(entry.identity))
