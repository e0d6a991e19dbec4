"""Applying a batch of rows in the caller's transaction, set-based (rules 4, 8, 17, 20, 25, 26).

Who is new is known to nobody else before the commit, so only subjects that stand are locked, and of
these only the ones that are written: rows that change nothing hold up nobody.
"""

import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.subjects import service as subjects
from crm_service.transfers import repository, standing
from crm_service.transfers.blocking import Blocks, Cursor
from crm_service.transfers.columns import ATTRIBUTE
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

        The connection is in pipeline mode: a statement is sent at once, its result fetched later.
        Raises ``Moved`` and psycopg's errors; then the transaction must roll back, and the batch
        may be applied again.
        """
        now = utcnow()
        people = [(place, one) for place, one in enumerate(batch) if isinstance(one, Person)]
        plans = self._plan(people, now) if people else []
        Writer(self._connection, self._order, now).write(plans)
        settled = {place: verdict for plan in plans for place, verdict in plan.verdicts}
        return [
            Verdict("rejected", one.reason) if isinstance(one, Rejected) else settled[place]
            for place, one in enumerate(batch)
        ]

    def _plan(self, people: Sequence[tuple[int, Person]], now: datetime) -> list[Plan]:
        self._targets.prepare(self._connection, [p.claim for _, p in people if p.claim])
        # The server looks addresses up while the claims are being judged here.
        claimed = self._claim([person for _, person in people])
        blocks = Blocks(self._connection, self._controller_id, [person for _, person in people])
        rows = self._rows(people)
        found = self._subjects(*claimed)
        blocks.warn(rows)
        declared = self._order.policy.custom_attributes
        purposes = self._order.policy.purposes
        planner = Planner(
            self._order.updates,
            now=now,
            external_ids=self._external_ids(rows),
            purposes={f"{ATTRIBUTE}{name}": one.purpose for name, one in declared.items()},
            required={s: p.required_fields for s, p in purposes.items() if p.required_fields},
        )
        plans = _plan_all(planner, rows, found)
        locked = [plan.subject.id for plan in plans if plan.writes and not plan.subject.is_new]
        return self._plan_again(planner, plans, rows, found, locked) if locked else plans

    def _rows(self, people: Sequence[tuple[int, Person]]) -> list[Row]:
        rows = []
        for place, person in people:
            targets, warnings = self._targets.aim(self._connection, person.claim)
            rows.append(Row(place, person, targets, [*person.warnings, *warnings]))
        return rows

    def _external_ids(self, rows: Sequence[Row]) -> dict[str, uuid.UUID]:
        given = {str(one) for row in rows if (one := row.person.values.get("external_id"))}
        if not given:
            return {}
        facts = {"controller_id": self._controller_id, "external_ids": list(given)}
        found = self._connection.execute(repository.EXTERNAL_IDS, facts)
        return {row[0]: row[1] for row in found}

    def _plan_again(
        self,
        planner: Planner,
        plans: Sequence[Plan],
        rows: Sequence[Row],
        found: Mapping[int, Subject],
        locked: Sequence[uuid.UUID],
    ) -> list[Plan]:
        """Lock the subjects that are written, and decide about them again.

        What was read before the lock may be outdated.
        """
        subjects.lock(self._connection, locked)
        wanted = {subject_id.int for subject_id in locked}
        again = [row for row in rows if found[row.person.email_key.int].id.int in wanted]
        keys = {row.person.email_key.int: row.person.email_key for row in again}
        fresh = self._behind(keys.values())
        if any(key not in fresh or fresh[key].id.int not in wanted for key in keys):
            raise Moved
        replanned = {plan.subject.id.int: plan for plan in _plan_all(planner, again, fresh)}
        return [replanned.get(plan.subject.id.int, plan) for plan in plans]

    def _behind(self, keys: Collection[uuid.UUID]) -> dict[int, Subject]:
        stops = self._order.policy.rights.withdrawal_stops_collection
        return standing.behind(self._connection, self._controller_id, keys, with_stopped=stops)

    def _claim(self, people: Sequence[Person]) -> tuple[dict[int, uuid.UUID], Cursor]:
        """Give every address never seen a new subject; the answer names those that were."""
        keys = {person.email_key.int: person.email_key for person in people}
        ids = dict(zip(keys, _random_ids(len(keys)), strict=True))
        facts = {
            "controller_id": self._controller_id,
            "keys": uuid_array(keys.values()),
            "subject_ids": uuid_array(ids.values()),
            "kind": "email",
        }
        return ids, self._connection.execute(repository.CLAIM, facts)

    def _subjects(self, ids: Mapping[int, uuid.UUID], claimed: Cursor) -> dict[int, Subject]:
        """Return the subject behind every address."""
        known = [row[0] for row in claimed.fetchall()]
        found = self._behind(known)
        if len(found) < len(known):
            raise Moved
        for key, subject_id in ids.items():
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
