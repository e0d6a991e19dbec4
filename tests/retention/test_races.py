"""Holds against what deletes at the same moment: whoever comes second sees what the first did."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from crm_service.config import Settings
from crm_service.db import APP_ROLE, Connection, connect_options
from crm_service.holds import service as holds
from crm_service.rights import service as rights
from tests.contacts.register import Admin, register
from tests.factories import Answer, Tenant
from tests.holds.holding import DISPUTE, lift, place
from tests.retention.aging import Retention
from tests.rights.asking import ask, decide, identify
from tests.transfers.processes import await_waiting

Erase = Callable[[Tenant, dict[str, Any]], Answer]


@contextmanager
def committing_late(settings: Settings, tenant: Tenant) -> Iterator[Connection]:
    """Yield a transaction of the service's own, which ends with the block."""
    options = connect_options(APP_ROLE, keyed=True)
    with psycopg.connect(settings.database_url, **options) as connection:
        mine = "SELECT set_config('crm.controller_id', %s, false)"
        connection.execute(mine, (str(tenant.controller_id),))
        yield connection


def exists(tenant: Tenant, contact: dict[str, Any]) -> bool:
    return tenant.client.get(f"/v1/contacts/{contact['id']}").status_code == 200


def delete(tenant: Tenant, contact: dict[str, Any]) -> Answer:
    return tenant.client.delete(f"/v1/contacts/{contact['id']}")


def grant(tenant: Tenant, contact: dict[str, Any]) -> Answer:
    request = ask(tenant, "erasure", contact_id=contact["id"])
    identify(tenant, request)
    return decide(tenant, request, "granted")


def review(tenant: Tenant, contact: dict[str, Any]) -> Answer:
    said = {"decision": "erase", "reasons": "nobody needs it"}
    return tenant.client.post(f"/v1/reviews/{contact['id']}/decision", json=said)


@pytest.mark.rule(26, 33)
@pytest.mark.clause("no-12")
@pytest.mark.parametrize("erase", [delete, grant, review])
def test_who_erases_waits_for_a_hold_that_is_being_placed_and_is_refused(
    tenant: Tenant, settings: Settings, admin: Admin, erase: Erase
) -> None:
    contact = register(tenant)
    whose = tenant.controller_id, uuid.UUID(contact["id"])

    with ThreadPoolExecutor(1) as another:
        with committing_late(settings, tenant) as connection:
            holds.place(connection, *whose, facts=DISPUTE, actor="operator:test")
            erasing = another.submit(erase, tenant, contact)
            await_waiting(admin)
        answer = erasing.result()

    assert (answer.status_code, answer.json["code"]) == (409, "held")
    assert exists(tenant, contact)


@pytest.mark.rule(26, 33)
def test_a_hold_waits_for_an_erasure_that_is_being_done_and_finds_nobody(
    tenant: Tenant, settings: Settings, admin: Admin
) -> None:
    contact = register(tenant)
    whose = tenant.controller_id, uuid.UUID(contact["id"])

    with ThreadPoolExecutor(1) as another:
        with committing_late(settings, tenant) as connection:
            rights.erase_contact(connection, *whose, ground="unlawful", actor="operator:test")
            placing = another.submit(place, tenant, contact, DISPUTE)
            await_waiting(admin)
        answer = placing.result()

    assert answer.status_code == 404
    count = "SELECT count(*) FROM holds WHERE controller_id = %s"
    assert admin.execute(count, (tenant.controller_id,)).fetchone() == (0,)


@pytest.mark.rule(26, 33)
@pytest.mark.clause("si-05")
def test_retention_leaves_who_is_being_held_and_finds_the_hold_the_next_time(
    tenant: Tenant, settings: Settings, retention: Retention
) -> None:
    contact = register(tenant, added_at="2015-01-01T00:00:00Z")
    whose = tenant.controller_id, uuid.UUID(contact["id"])

    with committing_late(settings, tenant) as connection:
        holds.place(connection, *whose, facts=DISPUTE, actor="operator:test")
        meanwhile = retention.run(tenant)
    afterwards = retention.run(tenant)

    assert "1 rows were busy or changed meanwhile" in meanwhile
    assert "1 held (dispute 1)" in afterwards
    assert exists(tenant, contact)


@pytest.mark.rule(26, 33)
@pytest.mark.clause("no-12")
def test_an_erasure_is_not_finished_of_whom_another_hold_is_just_placed_on(
    tenant: Tenant, settings: Settings, retention: Retention
) -> None:
    contact = register(tenant)
    hold = place(tenant, contact, DISPUTE).json
    request = ask(tenant, "erasure", contact_id=contact["id"])
    identify(tenant, request)
    decide(tenant, request, "partly_granted", reasons="a court case is going on")
    tenant.client.post(f"/v1/rights-requests/{request['id']}/close")
    lift(tenant, hold)

    with committing_late(settings, tenant) as connection:
        whose = tenant.controller_id, uuid.UUID(contact["id"])
        holds.place(connection, *whose, facts=DISPUTE, actor="operator:test")
        meanwhile = retention.run(tenant)
    afterwards = retention.run(tenant)

    assert "rule right:erasure: 0 done: erase\n" in meanwhile
    assert "rule right:erasure: 0 done: erase; 1 held (dispute 1)" in afterwards
    assert exists(tenant, contact)
