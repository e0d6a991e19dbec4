"""An opt-out is not kept waiting by what an import recorded before it (ADR 0036)."""

import random
import time
from collections.abc import Iterator

import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.db import Connection
from tests.broker import Broker
from tests.factories import Tenant
from tests.faults.inbox import Inbox, first_of_each
from tests.faults.relays import RelayProcess, Writer, relaying
from tests.unsubscribe.people import make_recipient

pytestmark = [pytest.mark.broker, pytest.mark.rule(26)]

BACKLOG = 200_000
#: What an import of as many people leaves for the relay, in one statement.
_IMPORTED = """
WITH logged AS (
    INSERT INTO events (controller_id, type, subject_id, occurred_at, correlation, data)
    SELECT %s, 'contact.updated.v1', gen_random_uuid(), now(), gen_random_uuid(),
        '{"fields": ["field_0"], "source": "import"}'
    FROM generate_series(1, %s)
    RETURNING position, recorded_at, controller_id, subject_id
)
INSERT INTO outbox (position, recorded_at, controller_id, subject_id) SELECT * FROM logged
"""
_WAITING = "SELECT count(*) FROM outbox WHERE controller_id = %s"
OPTED_OUT = {"contact.unsubscribed.v1", "consent.withdrawn.v1", "suppression.added.v1"}

chance = random.Random()  # noqa: S311 - another moment in each run


def imported(admin: Connection, tenant: Tenant, count: int) -> None:
    admin.execute(_IMPORTED, (tenant.controller_id, count))


def waiting(admin: Connection, tenant: Tenant) -> int:
    [(count,)] = admin.execute(_WAITING, (tenant.controller_id,)).fetchall()
    return int(count)


@pytest.fixture
def own(broker: Broker) -> Iterator[Inbox]:
    """A consumer of what happens to single people, with a queue of its own as the contract says."""
    keys = ("contact.created.v1", "consent.granted.v1", *sorted(OPTED_OUT))
    created = Inbox(broker.url, keys=keys)
    yield created
    created.remove()


@pytest.mark.rule(16)
def test_a_click_overtakes_an_import_and_not_the_persons_own_past(
    tenant: Tenant, relay_settings: Settings, own: Inbox, admin: Connection
) -> None:
    imported(admin, tenant, BACKLOG)
    mari = make_recipient(tenant, admin)
    past = waiting(admin, tenant) - BACKLOG

    with relaying(relay_settings):
        while waiting(admin, tenant) > BACKLOG * 0.98:
            time.sleep(0.02)
        mari.browser.post(mari.path)
        clicked = time.monotonic()
        delivered = own.await_ids(past + len(OPTED_OUT))
        seconds, left = time.monotonic() - clicked, waiting(admin, tenant)

    assert left > BACKLOG / 2, "the backlog was no obstacle"
    assert seconds < 5
    hers = [one for one in delivered if one.body["subject"] == str(mari.contact_id)]
    assert {one.routing_key for one in hers[-len(OPTED_OUT) :]} == OPTED_OUT
    assert {one.routing_key for one in hers} > OPTED_OUT
    sequences = [one.body["sequence"] for one in hers]
    assert sequences == sorted(sequences)


def test_relays_killed_while_they_overtake_a_backlog_lose_and_reorder_nothing(
    app: Flask, tenant: Tenant, relay_settings: Settings, inbox: Inbox, admin: Connection
) -> None:
    imported(admin, tenant, 20_000)
    writer = Writer(app, tenant, express=0.3)
    writer.start()
    for _ in range(6):
        with RelayProcess(relay_settings):
            inbox.await_more()
            time.sleep(chance.uniform(0, 0.3))
    writer.finish()
    with RelayProcess(relay_settings):
        delivered = inbox.await_ids(20_000 + writer.count)

    found = first_of_each(delivered)
    assert {subject: found[subject] for subject in writer.recorded} == writer.recorded
    assert len(found) == 20_000 + len(writer.recorded)
    order = [one.body["subject"] in writer.recorded for one in delivered]
    assert order.index(True) < len(order) / 2, "nothing was overtaken"
