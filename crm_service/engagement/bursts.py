"""Machines by what they do: links followed faster than anybody reads (rule 30).

Gateways that check a message follow its links on delivery; their user agents often pass for a
browser's. Who follows two different links of a message within seconds of its delivery, or three at
any time, is a machine; so is whatever opened that message in those seconds.

What is found depends on the events alone, never on the order in which they came: every event looks
for its neighbors, and one more event can only show more machines.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from crm_service import arrays
from crm_service.db import Connection
from crm_service.engagement import repository
from crm_service.engagement.writing import Written

SECONDS = timedelta(seconds=5)
LINKS_ON_DELIVERY = 2
LINKS_AT_ONCE = 3

#: What a burst consists of, or begins with.
LOOKED_AT = frozenset({"sent", "delivered", "opened", "clicked"})
_DELIVERIES = ("sent", "delivered")
_ENGAGING = ("opened", "clicked")


class Neighbor(NamedTuple):
    """One event around others of its address, as it is stored."""

    id: uuid.UUID
    recorded_at: datetime
    address_key: uuid.UUID
    message: str
    type: str
    occurred_at: datetime
    url: str | None
    machine: bool


def mark(connection: Connection, controller_id: uuid.UUID, stored: Written) -> list[Neighbor]:
    """Mark what the rows just stored show to be machines; return what was taken for people's."""
    clicked = _clicked(connection, controller_id, stored)
    probes = [row for row in stored.rows if row.key in clicked and row.type in LOOKED_AT]
    if not probes:
        return []
    facts = {
        "controller_id": controller_id,
        "keys": arrays.of_hex([row.key for row in probes]),
        "moments": [row.occurred_at for row in probes],
        "around": 2 * SECONDS,
        "links": min(LINKS_ON_DELIVERY, LINKS_AT_ONCE),
    }
    around = [Neighbor(*row) for row in connection.execute(repository.NEIGHBORS, facts)]
    found = [event for event in machines(around) if not event.machine]
    if found:
        facts |= {"ids": [e.id for e in found], "recorded": [e.recorded_at for e in found]}
        connection.execute(repository.MARK_MACHINES, facts)
    return found


def _clicked(connection: Connection, controller_id: uuid.UUID, stored: Written) -> set[str]:
    """Return the keys that clicked at all around the time of the rows: few of many."""
    facts = {
        "controller_id": controller_id,
        "keys": stored.keys,
        "since": stored.since - 2 * SECONDS,
        "until": stored.until + 2 * SECONDS,
    }
    return {row[0] for row in connection.execute(repository.CLICKED, facts)}


def machines(events: Sequence[Neighbor]) -> list[Neighbor]:
    """Return which of the events (of any messages, in any order) are machines' by what they do."""
    by_message = attrgetter("address_key", "message")
    found = []
    for _, group in groupby(sorted(events, key=by_message), key=by_message):
        found += _of_message(list(group))
    return found


def _of_message(events: Sequence[Neighbor]) -> list[Neighbor]:
    by_type = defaultdict(list)
    for event in events:
        by_type[event.type].append(event)
    clicks = by_type["clicked"]
    bursts = [
        (delivery.occurred_at, delivery.occurred_at + SECONDS)
        for kind in _DELIVERIES
        for delivery in by_type[kind]
    ]
    bursts = [span for span in bursts if _links(clicks, *span) >= LINKS_ON_DELIVERY]
    for click in clicks:
        span = (click.occurred_at - SECONDS, click.occurred_at + SECONDS)
        if _links(clicks, *span) >= LINKS_AT_ONCE:
            bursts.append(span)
    return [
        event
        for kind in _ENGAGING
        for event in by_type[kind]
        if any(begin <= event.occurred_at <= end for begin, end in bursts)
    ]


def _links(clicks: Iterable[Neighbor], begin: datetime, end: datetime) -> int:
    return len({click.url for click in clicks if begin <= click.occurred_at <= end})
