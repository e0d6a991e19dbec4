"""What follows from events: blocks, leaving, and word of it (rules 25, 28 and 29).

Everything only adds: a late ``delivered`` undoes no bounce, ``subscribed`` lifts nothing.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from crm_service.db import Connection
from crm_service.engagement import repository
from crm_service.engagement.accepting import Row
from crm_service.engagement.writing import Written
from crm_service.outbox import service as outbox
from crm_service.outbox.engagement_events import EngagementRecorded
from crm_service.policies.document import Policy
from crm_service.policies.engagement import EngagementRules
from crm_service.suppression import service as suppression
from crm_service.suppression.service import Block
from crm_service.unsubscribe import leaving
from crm_service.unsubscribe.leaving import Departure

#: How the source of an unsubscribe is called where it is not a provider's own (api.md).
_CHANNELS_OF_LEAVING = {"mail": "mailto"}

NO_SCOPE = "none"
#: What moves the last interaction of people, not of machines.
_BY_PEOPLE = frozenset({"opened", "clicked"})


class Happened(NamedTuple):
    """An event that may have effects: its id, its row, by whom, and what all it causes refers to.

    ``machine``: no person did it.
    """

    id: uuid.UUID
    row: Row
    address_key: uuid.UUID
    machine: bool
    correlation: uuid.UUID


@dataclass(frozen=True)
class Order:
    """For whom, by whom and by which rules events have effects."""

    controller_id: uuid.UUID
    actor: str
    pepper: bytes
    rules: EngagementRules
    now: datetime
    policy: Policy


def mattering(stored: Written, rules: EngagementRules) -> list[tuple[str, Row]]:
    """Return which rows, each with its id, may change what stands, or are told of.

    Their subjects must be locked.
    """
    always = {"bounced", "complained", "unsubscribed", *rules.publish}
    return [
        (one, row)
        for one, row in zip(stored.ids, stored.rows, strict=True)
        if (kind := row.type) in always or (kind in _BY_PEOPLE and not row.machine)
    ]


def block(connection: Connection, order: Order, happened: Sequence[Happened]) -> None:
    """Block what bounced finally or often enough, and what complained (rule 29).

    The subjects are locked. The earliest event of a batch dates a block.
    """
    rules = order.rules
    blocks: dict[tuple[uuid.UUID, str], Block] = {}
    worn_out = _worn_out(connection, order, happened)
    for one in sorted(happened, key=lambda one: one.row.occurred_at):
        row = one.row
        if row.type == "complained":
            reason, scope = "complaint", rules.complaint_scope
        elif row.type == "bounced" and row.bounce == "hard":
            reason, scope = "hard_bounce", rules.hard_bounce_scope
        elif row.type == "bounced" and one.address_key in worn_out:
            reason, scope = "invalid", rules.soft_bounces.scope
        else:
            continue
        if scope != NO_SCOPE:
            blocks.setdefault((one.address_key, reason), _block(order, one, scope, reason))
    suppression.suppress(connection, order.controller_id, list(blocks.values()))


def _block(order: Order, one: Happened, scope: str, reason: str) -> Block:
    return Block(
        address_key=one.address_key,
        scope=scope,
        reason=reason,
        source=one.row.source,
        suppressed_at=min(one.row.occurred_at, order.now),
        correlation=one.correlation,
    )


def _worn_out(connection: Connection, order: Order, happened: Sequence[Happened]) -> set[uuid.UUID]:
    """Return the addresses that bounced softly too often within the policy's time."""
    soft = order.rules.soft_bounces
    keys = {
        one.address_key
        for one in happened
        if one.row.type == "bounced" and one.row.bounce != "hard"
    }
    if not keys or soft.scope == NO_SCOPE:
        return set()
    facts = {
        "controller_id": order.controller_id,
        "keys": list(keys),
        "before": soft.count - 1,
        "within": soft.within.interval,
    }
    return {row[0] for row in connection.execute(repository.WORN_OUT, facts)}


def leave(connection: Connection, order: Order, happened: Sequence[Happened]) -> None:
    """Do for everybody who unsubscribed elsewhere what a click here does (rule 16)."""
    departures = [
        Departure(
            address_key=one.address_key,
            occurred_at=min(one.row.occurred_at, order.now),
            source=_CHANNELS_OF_LEAVING.get(one.row.source, "provider"),
            correlation=one.correlation,
            topic=one.row.topic,
            campaign=one.row.campaign,
        )
        for one in happened
        if one.row.type == "unsubscribed"
    ]
    if departures:
        leaving.leave(
            connection,
            order.controller_id,
            departures,
            recorded_by=order.actor,
            pepper=order.pepper,
        )


def tell(
    connection: Connection,
    order: Order,
    happened: Sequence[Happened],
    subjects: Mapping[uuid.UUID, uuid.UUID],
) -> None:
    """Record ``engagement.recorded.v1`` for what the policy publishes (rule 25)."""
    told = [
        EngagementRecorded(
            subject_id=subjects[one.address_key],
            occurred_at=one.row.occurred_at,
            correlation=one.correlation,
            engagement_id=one.id,
            address_key=one.address_key,
            kind=one.row.type,
            machine=one.machine,
            bounce=one.row.bounce,
            campaign=_plain(one.row.campaign),
            topic=_plain(one.row.topic),
            message_id=_plain(one.row.message_id),
            source=one.row.source,
        )
        for one in happened
        if one.row.type in order.rules.publish
    ]
    outbox.record(connection, order.controller_id, told)


def _plain(name: str | None) -> str | None:
    """Leave out what may be an address: events outlive the person (rules 25 and 39)."""
    return None if name is None or "@" in name else name
