"""Counting what a controller owes, and telling of it once a day (GDPR Art. 14; clause no-05).

Told are numbers: an import of a million people makes one event a day and not a million, and whoever
handles them asks the list. Counting reads a whole register, so it is done once an hour, and what it
found is kept for the gauges.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from crm_service.clock import utcnow
from crm_service.db import SET_CONTROLLER, Connection
from crm_service.duties import repository
from crm_service.informing import service as informing
from crm_service.outbox import service as outbox
from crm_service.outbox.duty_events import InformationDutiesOverdue, ReviewsDue
from crm_service.outbox.events import Event
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.reviews import service as reviews

COUNT_EVERY: Final = timedelta(hours=1)
INFORMATION, REVIEW = "information", "review"


@dataclass(frozen=True)
class Counted:
    """How much is owed, how much of it should be done by now, and the event that says so."""

    owed: int = 0
    overdue: int = 0
    event: Event | None = None


Count = Callable[[Connection, uuid.UUID, Policy, datetime], Counted]


def look(connection: Connection, controller_id: uuid.UUID) -> int:
    """Count what was not counted for an hour; return how many events tell of it.

    As the role ``crm_app``, on a connection outside any transaction. Counting writes nothing: a
    transaction that does would hold up every reader of the event feed until it ends.
    """
    return sum(_look(connection, controller_id, duty, count) for duty, count in _COUNTS.items())


def _look(connection: Connection, controller_id: uuid.UUID, duty: str, count: Count) -> int:
    now = utcnow()
    with _acting(connection, controller_id):
        policy = policies.active(connection, controller_id)
        before = now - COUNT_EVERY
        if not repository.take(connection, controller_id, duty, now=now, before=before):
            return 0
    with _acting(connection, controller_id):
        found = count(connection, controller_id, policy, now)
    with _acting(connection, controller_id):
        repository.note(connection, controller_id, duty, owed=found.owed, overdue=found.overdue)
        today = now.astimezone(ZoneInfo(policy.timezone)).date()
        if found.event is None or not repository.tell(connection, controller_id, duty, today):
            return 0
        outbox.record(connection, controller_id, [found.event])
        return 1


@contextmanager
def _acting(connection: Connection, controller_id: uuid.UUID) -> Iterator[None]:
    with connection.transaction():
        connection.execute(SET_CONTROLLER, (str(controller_id),))
        yield


def _information(
    connection: Connection, controller_id: uuid.UUID, _policy: Policy, now: datetime
) -> Counted:
    owed, overdue = informing.count(connection, controller_id, now)
    if not overdue:
        return Counted(owed)
    event = InformationDutiesOverdue(subject_id=None, occurred_at=now, overdue=overdue, owed=owed)
    return Counted(owed, overdue, event)


def _review(
    connection: Connection, controller_id: uuid.UUID, policy: Policy, now: datetime
) -> Counted:
    if policy.review.every is None:
        return Counted()
    since, due = reviews.count(connection, controller_id)
    if not due:
        return Counted()
    event = ReviewsDue(subject_id=None, occurred_at=now, due=due, unused_since=since)
    return Counted(due, due, event)


_COUNTS: Final[dict[str, Count]] = {INFORMATION: _information, REVIEW: _review}
