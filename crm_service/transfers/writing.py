"""Writing what a batch changes: contacts, phone numbers, permissions, and the events of all."""

import uuid
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import psycopg
from psycopg.rows import TupleRow

from crm_service.addresses import normalize_email
from crm_service.contacts import bearing
from crm_service.contacts.bearing import Move
from crm_service.db import Connection
from crm_service.outbox.events import ContactCreated, ContactUpdated
from crm_service.permissions import restating
from crm_service.permissions import service as permissions
from crm_service.subjects import service as subjects
from crm_service.suppression import hashed
from crm_service.transfers import repository
from crm_service.transfers.columns import ATTRIBUTE
from crm_service.transfers.ordering import Order
from crm_service.transfers.planning import SOURCE, Plan, PlannedGrant
from crm_service.transfers.standing import Contact, uuid_array


@dataclass(frozen=True)
class _Bearing:
    """A contact that bears a phone number which it did not bear before."""

    contact_id: uuid.UUID
    key: uuid.UUID
    old_key: uuid.UUID | None
    is_new: bool


class Writer:
    """Writes the plans of one batch; the caller holds the locks."""

    def __init__(self, connection: Connection, order: Order, now: datetime) -> None:
        self._connection = connection
        self._order = order
        self._now = now
        self._facts = {"controller_id": order.controller_id}

    def write(self, plans: Sequence[Plan]) -> None:
        """Write everything that the plans change; complete their verdicts."""
        new = [plan for plan in plans if plan.is_new]
        changed = [plan for plan in plans if plan.changed and not plan.is_new]
        self._insert(new)
        self._update(changed)
        borne = [one for plan in (*new, *changed) if (one := _new_bearing(plan)) is not None]
        claimed = self._claim_phones(borne) if borne else None
        # The server is at work on these while the rows of permissions are put together here.
        self._record_grants(plans)
        self._reanchor(plans)
        if claimed is not None:
            self._settle_phones(borne, {row[0] for row in claimed.fetchall()})

    def _insert(self, plans: Sequence[Plan]) -> None:
        if not plans:
            return
        rows = [
            {
                "n": number,
                "email": plan.contact.email,
                "email_key": plan.contact.email_key,
                **_columns(plan.contact),
            }
            for number, plan in enumerate(plans)
        ]
        created = ContactCreated(subject_id=None, occurred_at=self._now, source=SOURCE)
        self._store(repository.INSERT, rows, ContactCreated.type, data=_json(created.data()))
        adopted = [plan.contact.email_key for plan in plans if not plan.subject.is_new]
        if adopted:
            subjects.set_current(self._connection, self._order.controller_id, current=adopted)
        self._match_lists(plans)

    def _match_lists(self, plans: Sequence[Plan]) -> None:
        """Block the new contacts whom a partner's hashed list names."""
        contacts = (plan.contact for plan in plans)
        hashed.match(
            self._connection,
            self._order.controller_id,
            ((one.email_key, normalize_email(one.email)) for one in contacts),
            correlation=self._order.id,
        )

    def _update(self, plans: Sequence[Plan]) -> None:
        if not plans:
            return
        rows = [
            {
                "n": number,
                "data": self._change(plan),
                "sourced": sorted(plan.sourced),
                **_columns(plan.contact),
            }
            for number, plan in enumerate(plans)
        ]
        self._store(repository.UPDATE, rows, ContactUpdated.type)

    def _change(self, plan: Plan) -> dict[str, Any]:
        fields = tuple(sorted(plan.changed))
        event = ContactUpdated(subject_id=None, occurred_at=self._now, fields=fields, source=SOURCE)
        return event.data()

    def _store(
        self, statement: str, rows: Sequence[dict[str, Any]], event_type: str, **facts: Any
    ) -> None:
        self._connection.execute(
            statement,
            {
                **self._facts,
                **facts,
                "rows": _json(rows),
                "type": event_type,
                "now": self._now,
                "correlation": self._order.id,
                "source_kind": self._order.source_kind,
                "source_reference": str(self._order.id),
            },
        )

    def _claim_phones(self, borne: Sequence[_Bearing]) -> psycopg.Cursor[TupleRow]:
        facts = {
            **self._facts,
            "keys": uuid_array(one.key for one in borne),
            "subject_ids": uuid_array(one.contact_id for one in borne),
            "kind": "phone",
        }
        return self._connection.execute(repository.CLAIM, facts)

    def _settle_phones(self, borne: Sequence[_Bearing], known: AbstractSet[uuid.UUID]) -> None:
        """Note who bears numbers now; ``known`` were there before. Blocks come along (rule 6)."""
        self._take_over_blocks([one for one in borne if one.key in known])
        changed = [one for one in borne if not one.is_new]
        former = [one.old_key for one in changed if one.old_key is not None]
        bearing.note(self._connection, self._order.controller_id, [*known, *former])
        self._carry(changed)

    def _take_over_blocks(self, borne: Sequence[_Bearing]) -> None:
        """Adopt known numbers that are nobody's; each is rare, and locked on its own."""
        if not borne:
            return
        facts = {**self._facts, "keys": [one.key for one in borne]}
        unborne = {row[0] for row in self._connection.execute(repository.UNBORNE, facts)}
        for one in borne:
            if one.key in unborne:
                bearing.claim(
                    self._connection,
                    self._order.controller_id,
                    one.contact_id,
                    kind="phone",
                    key=one.key,
                )

    def _carry(self, changed: Sequence[_Bearing]) -> None:
        """Take blocks and permissions along to a changed number (rule 6); few have any."""
        if not changed:
            return
        ids = uuid_array(one.contact_id for one in changed)
        facts = {**self._facts, "subject_ids": ids}
        carrying = {row[0] for row in self._connection.execute(repository.CARRYING, facts)}
        for one in changed:
            if one.contact_id in carrying:
                bearing.carry(
                    self._connection,
                    self._order.controller_id,
                    self._order.policy,
                    Move(kind="phone", old_key=one.old_key, new_key=one.key),
                    contact_id=one.contact_id,
                    recorded_by=self._order.actor,
                    correlation=self._order.id,
                )

    def _record_grants(self, plans: Sequence[Plan]) -> None:
        rounds: dict[int, list[PlannedGrant]] = {}
        for plan in plans:
            for one in plan.grants:
                rounds.setdefault(one.round, []).append(one)
        for _, of_round in sorted(rounds.items()):
            outcomes = permissions.record_grants(
                self._connection,
                self._order.controller_id,
                self._order.policy,
                [one.grant for one in of_round],
                recorded_by=self._order.actor,
                correlation=self._order.id,
            )
            for one, outcome in zip(of_round, outcomes, strict=True):
                one.verdict.settle(outcome.outcome)

    def _reanchor(self, plans: Sequence[Plan]) -> None:
        """Let terms begin earlier where ``added_at`` turned out earlier (rule 20)."""
        moved = [plan.contact for plan in plans if "added_at" in plan.changed]
        if moved:
            anchors: list[datetime] = [contact.added_at for contact in moved]
            restating.reanchor(
                self._connection,
                self._order.controller_id,
                self._order.policy,
                subject_ids=[contact.id for contact in moved],
                anchors=anchors,
                recorded_by=self._order.actor,
                correlation=self._order.id,
            )


def _new_bearing(plan: Plan) -> _Bearing | None:
    key = plan.contact.values.get("phone_key")
    if not isinstance(key, uuid.UUID) or (plan.old_phone_key and key == plan.old_phone_key):
        return None
    return _Bearing(plan.contact.id, key, plan.old_phone_key, plan.is_new)


def _columns(contact: Contact) -> dict[str, Any]:
    columns: dict[str, Any] = {"id": contact.id, "added_at": contact.added_at, **contact.values}
    attributes = [name for name in columns if name.startswith(ATTRIBUTE)]
    if attributes:
        columns["attributes"] = {n.removeprefix(ATTRIBUTE): columns.pop(n) for n in attributes}
    return columns


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
