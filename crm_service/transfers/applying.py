"""Applying a batch of rows in the caller's transaction, set-based (rules 4, 8, 17, 20, 25, 26).

Who is new is known to nobody else before the commit, so only subjects that stand are locked, and of
these only the ones that are written: rows that change nothing hold up nobody.
"""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.subjects import service as subjects
from crm_service.transfers import repository, standing
from crm_service.transfers.ordering import Order
from crm_service.transfers.planning import Plan, Planner, Row
from crm_service.transfers.rows import Person, Rejected
from crm_service.transfers.standing import Subject, uuid_array
from crm_service.transfers.targets import Targets
from crm_service.transfers.verdicts import Verdict
from crm_service.transfers.writing import Writer


class Moved(Exception):
    """Somebody gave an address to another subject meanwhile: the batch must be taken anew."""


class Register:
    """Applies the batches of one import, one after the other."""

    def __init__(self, connection: Connection, order: Order, targets: Targets) -> None:
        self._connection = connection
        self._order = order
        self._controller_id = order.controller_id
        self._targets = targets

    def apply(self, batch: Sequence[Person | Rejected]) -> list[Verdict]:
        """Write what the rows say; return what became of each, in their order.

        Raises ``Moved`` and psycopg's errors; then the transaction must roll back, and the batch
        may be applied again.
        """
        now = utcnow()
        rows = self._rows(batch)
        plans = self._plan(rows, now) if rows else []
        Writer(self._connection, self._order, now).write(plans)
        settled = {place: verdict for plan in plans for place, verdict in plan.verdicts}
        return [
            Verdict("rejected", one.reason) if isinstance(one, Rejected) else settled[place]
            for place, one in enumerate(batch)
        ]

    def _rows(self, batch: Sequence[Person | Rejected]) -> list[Row]:
        people = [(at, one) for at, one in enumerate(batch) if isinstance(one, Person)]
        self._targets.prepare(self._connection, [p.claim for _, p in people if p.claim])
        blocked = self._blocked_phones([person for _, person in people])
        rows = []
        for place, person in people:
            targets, warnings = self._targets.aim(self._connection, person.claim)
            if blocked and person.values.get("phone_key") in blocked:
                warnings = [*warnings, "phone_suppressed"]
            rows.append(Row(place, person, targets, [*person.warnings, *warnings]))
        return rows

    def _blocked_phones(self, people: Sequence[Person]) -> set[object]:
        keys = [key for p in people if isinstance(key := p.values.get("phone_key"), uuid.UUID)]
        if not keys:
            return set()
        facts = {"controller_id": self._controller_id, "keys": uuid_array(keys)}
        found = self._connection.execute(repository.BLOCKED_PHONES, facts).fetchall()
        return {row[0] for row in found}

    def _external_ids(self, rows: Sequence[Row]) -> dict[str, uuid.UUID]:
        given = {str(one) for row in rows if (one := row.person.values.get("external_id"))}
        if not given:
            return {}
        facts = {"controller_id": self._controller_id, "external_ids": list(given)}
        found = self._connection.execute(repository.EXTERNAL_IDS, facts)
        return {row[0]: row[1] for row in found}

    def _plan(self, rows: Sequence[Row], now: datetime) -> list[Plan]:
        found = self._subjects(rows)
        planner = Planner(self._order.updates, now=now, external_ids=self._external_ids(rows))
        plans = _plan_all(planner, rows, found)
        locked = [plan.subject.id for plan in plans if plan.writes and not plan.subject.is_new]
        if not locked:
            return plans
        subjects.lock(self._connection, locked)
        # What was read before the lock may be outdated: read it again, and decide again.
        wanted = {subject_id.int for subject_id in locked}
        again = [row for row in rows if found[row.person.email_key.int].id.int in wanted]
        keys = {row.person.email_key.int: row.person.email_key for row in again}
        fresh = standing.behind(self._connection, self._controller_id, keys.values())
        if any(key not in fresh or fresh[key].id.int not in wanted for key in keys):
            raise Moved
        replanned = {plan.subject.id.int: plan for plan in _plan_all(planner, again, fresh)}
        return [replanned.get(plan.subject.id.int, plan) for plan in plans]

    def _subjects(self, rows: Sequence[Row]) -> dict[int, Subject]:
        """Return the subject behind every address; one never seen gets a new one."""
        keys = {row.person.email_key.int: row.person.email_key for row in rows}
        ids = _random_ids(len(keys))
        facts = {
            "controller_id": self._controller_id,
            "keys": uuid_array(keys.values()),
            "subject_ids": uuid_array(ids),
            "kind": "email",
        }
        known = [row[0] for row in self._connection.execute(repository.CLAIM, facts).fetchall()]
        found = standing.behind(self._connection, self._controller_id, known)
        if len(found) < len(known):
            raise Moved
        for key, subject_id in zip(keys, ids, strict=True):
            if key not in found:
                found[key] = Subject(subject_id, is_new=True)
        return found


def _plan_all(planner: Planner, rows: Sequence[Row], found: Mapping[int, Subject]) -> list[Plan]:
    by_subject: dict[int, tuple[Subject, list[Row]]] = {}
    for row in rows:
        subject = found[row.person.email_key.int]
        known = by_subject.get(id(subject))
        if known is None:
            by_subject[id(subject)] = (subject, [row])
        else:
            known[1].append(row)
    return [planner.plan(subject, its_rows) for subject, its_rows in by_subject.values()]


def _random_ids(count: int) -> list[uuid.UUID]:
    data = secrets.token_bytes(16 * count)
    return [uuid.UUID(bytes=data[at : at + 16], version=4) for at in range(0, len(data), 16)]
