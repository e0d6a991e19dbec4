"""What the engine works through: one step a rule and kind of data, each found and done alike.

A step finds rows whose term is over, held ones with their reason, in ranges that bound every
statement. What a dry run shows and what a run does is found by the same SQL.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crm_service import arrays
from crm_service.db import Connection
from crm_service.holds import standing
from crm_service.policies.document import Policy
from crm_service.policies.retention import RetentionRule
from crm_service.policies.terms import Term

#: People, records or events looked at by one statement.
SIZE = 2_000

_LAST_ID = uuid.UUID(int=2**128 - 1)

#: ``at`` is what records are ordered by; the bound is for the index, the term decides.
_DATED = "r.at <= %(cutoff)s AND (r.at, r.id) > (%(after)s::timestamptz, %(after_id)s::uuid)"
_UNDATED = "r.at IS NULL AND r.id > %(after_id)s::uuid AND %(after)s::timestamptz IS NOT NULL"

_CONTACT_UPTO = """
SELECT id FROM contacts WHERE controller_id = %(controller_id)s AND id > %(after)s
ORDER BY id OFFSET %(skipped)s LIMIT 1
"""
_ADDRESS_UPTO = """
SELECT address_key FROM engagement_events
WHERE controller_id = %(controller_id)s AND address_key > %(after)s
ORDER BY address_key OFFSET %(skipped)s LIMIT 1
"""


class Due(NamedTuple):
    """One row whose term is over.

    ``since`` is what the term was counted from, ``ended_at`` its end. ``held`` says why it stays
    all the same; None: nothing does. ``place`` is the part of the row's key beside its id.
    """

    id: uuid.UUID
    subject_id: uuid.UUID
    rule: str
    since: datetime | None
    ended_at: datetime
    held: str | None
    place: datetime | None


@dataclass(frozen=True)
class Run:
    """One pass over a controller's data: under which policy, at which moment, by whom.

    ``created_before`` leaves alone who came in later (the worker's day of grace for wrong dates).
    ``pepper`` finds what bears the address of a person who asked to be erased.
    """

    controller_id: uuid.UUID
    policy: Policy
    now: datetime
    actor: str
    pepper: bytes = field(repr=False)
    created_before: datetime | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """The parameters that every statement takes."""
        return {
            "controller_id": self.controller_id,
            "now": self.now,
            "timezone": self.policy.timezone,
            "today": standing.today(self.policy, self.now),
            "created_before": self.created_before,
            "known_categories": list(self.policy.retention.known),
        }


@dataclass(frozen=True)
class Range:
    """How a step's rows are selected: a condition and its parameters."""

    condition: str
    facts: Mapping[str, Any]


Ranges = Callable[[Connection, "Step", Run, Callable[[Range], list[Due]]], Iterator[list[Due]]]
Act = Callable[[Connection, "Step", Run, Sequence[Due]], int]


@dataclass(frozen=True)
class Step:
    """What is looked for in which table, and what is done with it.

    ``find`` is a statement with the place ``{selected}`` for the condition that selects its rows;
    ``only`` is the condition for rows that were found before. At most ``batch`` rows are done in
    one transaction. ``is_final``: of a row that is done nothing is left, nor of whoever's id it is.
    """

    table: str
    category: str
    action: str
    find: str
    only: str
    ranges: Ranges
    act: Act
    facts: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    batch: int = 500
    is_final: bool = False
    #: Whether it is discarded as soon as it is there, and not at the end of the day.
    at_once: bool = False

    def rows(self, connection: Connection, run: Run, selected: Range) -> list[Due]:
        """Return the rows of a range whose term is over."""
        facts = {**run.facts, **self.facts, **selected.facts}
        query = self.find.replace("{selected}", selected.condition)
        return [Due(*row) for row in connection.execute(query, facts).fetchall()]

    def again(self, connection: Connection, run: Run, found: Sequence[Due]) -> list[Due]:
        """Return those of the rows that are due still, and not held: their subjects are locked."""
        selected = {
            "ids": arrays.of_ids([one.id for one in found]),
            "subjects": arrays.of_ids({one.subject_id for one in found}),
            **_places([one.place for one in found if one.place is not None]),
        }
        wanted = {(one.id, one.place) for one in found}
        rows = self.rows(connection, run, Range(self.only, selected))
        return [one for one in rows if one.held is None and (one.id, one.place) in wanted]


def _places(places: Sequence[datetime]) -> dict[str, datetime | None]:
    return {"first": min(places, default=None), "last": max(places, default=None)}


def pages(connection: Connection, step: Step, run: Run) -> Iterator[list[Due]]:
    """Yield the due rows of a step, range by range; nothing is locked between them."""

    def rows(selected: Range) -> list[Due]:
        return step.rows(connection, run, selected)

    return step.ranges(connection, step, run, rows)


def by_contact(
    connection: Connection, _step: Step, run: Run, rows: Callable[[Range], list[Due]]
) -> Iterator[list[Due]]:
    """Yield what is found with one range of contacts after the other, in the order of their ids."""
    return _ranges(connection, run, rows, column="c.id", upto=_CONTACT_UPTO)


def by_address(
    connection: Connection, _step: Step, run: Run, rows: Callable[[Range], list[Due]]
) -> Iterator[list[Due]]:
    """Yield events with one range of addresses after the other, in the order of their keys."""
    return _ranges(connection, run, rows, column="e.address_key", upto=_ADDRESS_UPTO)


def _ranges(
    connection: Connection,
    run: Run,
    rows: Callable[[Range], list[Due]],
    *,
    column: str,
    upto: str,
) -> Iterator[list[Due]]:
    condition = f"{column} > %(after)s AND {column} <= %(upto)s"
    after: uuid.UUID = uuid.UUID(int=0)
    while after != _LAST_ID:
        named = {"controller_id": run.controller_id, "after": after, "skipped": SIZE - 1}
        found = connection.execute(upto, named).fetchone()
        last = found[0] if found else _LAST_ID
        yield rows(Range(condition, {"after": after, "upto": last}))
        after = last


def by_time(
    _connection: Connection, _step: Step, _run: Run, rows: Callable[[Range], list[Due]]
) -> Iterator[list[Due]]:
    """Yield records the oldest first, a fixed number at once; then those without a time."""
    for condition in (_DATED, _UNDATED):
        after: datetime | str | None = "-infinity"
        after_id, full = uuid.UUID(int=0), True
        while full:
            found = rows(Range(condition, {"after": after, "after_id": after_id}))
            yield found
            full = len(found) == SIZE
            if full:
                after, after_id = found[-1].place, found[-1].id


def all_at_once(
    _connection: Connection, _step: Step, _run: Run, rows: Callable[[Range], list[Due]]
) -> Iterator[list[Due]]:
    """Yield what is about decisions, which people make one by one."""
    yield rows(Range("true", {}))


def is_at_once(rule: RetentionRule) -> bool:
    """Tell whether what the rule is about is never kept at all (clause se-06)."""
    return rule.term is not None and rule.term.months + rule.term.days == 0


def cutoff(term: Term, now: datetime) -> datetime:
    """Return a moment before which all lies whose term is over: no month is shorter than this."""
    return now - timedelta(days=28 * term.months + term.days - 2)
