"""The worker lets go of what has had its time, without anybody having to think of it."""

from datetime import UTC, datetime
from threading import Event

import psycopg
import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.policies.loading import read_policy
from crm_service.retention import duty, service
from tests.factories import Tenant, make_tenant
from tests.policies.test_published import POLICIES
from tests.retention.aging import add, at, contacts, interactions, register
from tests.retention.test_running import OLD, acting


@pytest.mark.clause("si-10", "se-06")
def test_the_worker_does_the_night_after_and_what_is_discarded_at_once_every_hour(
    alone: Flask,
) -> None:
    settings: Settings = alone.extensions["crm.settings"]
    tenant = make_tenant(alone, policy=dict(read_policy(POLICIES / "cadcraft.yaml")))
    contact = register(tenant)
    add(tenant, contact, "call", "2026-01-01T08:00:00Z", number="+46 8 123 456 78")
    add(tenant, contact, "order", "2010-01-01T08:00:00Z")
    kinds = []
    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as worker:
        nights = duty.Nights(datetime(2026, 11, 22, 12, tzinfo=UTC))
        for moment in ("2026-11-22T13:00:00Z", "2026-11-23T01:59:00Z", "2026-11-23T02:01:00Z"):
            with at(moment):
                duty.look(worker, settings, nights, Event())
            kinds.append([one["kind"] for one in interactions(tenant, contact)])

    assert kinds == [["order"], ["order"], []]


def test_the_worker_leaves_who_came_in_today_a_day_to_be_put_right(
    tenant: Tenant, settings: Settings
) -> None:
    register(tenant, added_at=OLD)
    with acting(settings) as connection:
        grace = datetime.now(UTC) - duty.GRACE
        run = service.prepare(
            connection,
            tenant.controller_id,
            actor="worker",
            created_before=grace,
            keyring=settings.keyring,
        )
        service.execute(connection, run)

    assert contacts(tenant) == {"mari@example.com"}
