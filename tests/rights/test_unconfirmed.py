"""What stays of a sign-up that nobody confirmed: nothing, unless the person is known otherwise."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.proofs import service as proofs
from crm_service.rights import unconfirmed
from crm_service.subscriptions import duty
from tests.contacts.register import (
    CONSENT,
    Admin,
    audited,
    change,
    email_key,
    reasons,
    register,
    suppress,
)
from tests.factories import KeyClient, Tenant
from tests.rights.asking import ask, told
from tests.rights.test_decisions import verdict
from tests.subscriptions.conftest import form, worker
from tests.subscriptions.signing import EMAIL, links, sign_up

__all__ = ["form", "worker"]

LAPSE = """
UPDATE address_proofs SET expires_at = now() - %s::interval
WHERE controller_id = %s AND id = (
    SELECT id FROM address_proofs WHERE controller_id = %s ORDER BY requested_at LIMIT 1)
"""
AT_THE_SCREEN = """
INSERT INTO address_proofs
    (id, controller_id, subject_id, address_key, purpose, requested_at, expires_at)
SELECT gen_random_uuid(), controller_id, subject_id, address_key, 'rights', now(),
    now() + interval '30 minutes'
FROM address_proofs WHERE controller_id = %s
"""
HELD = ("contacts", "addresses", "permissions", "address_proofs", "subscription_requests")

Clear = Callable[..., int]


@pytest.fixture
def sign_up_lapsing(
    form: KeyClient, tenant: Tenant, admin: Admin, worker: Any, settings: Settings
) -> Clear:
    """Sign up, do ``meanwhile``, let the link be over since ``ago``; the worker comes by twice."""

    def run(meanwhile: Callable[[], object] = int, *, ago: str = "61 minutes") -> int:
        sign_up(form)
        duty.hand_on_due(worker, settings)
        meanwhile()
        admin.execute(LAPSE, (ago, tenant.controller_id, tenant.controller_id))
        unconfirmed.clear(worker, settings, Event())
        return unconfirmed.clear(worker, settings, Event())

    return run


def held(admin: Admin, tenant: Tenant) -> list[int]:
    """Return how many rows each table has about this register's people."""
    counts = [
        admin.execute(
            f"SELECT count(*) FROM {table} WHERE controller_id = %s",  # noqa: S608 - constants
            (tenant.controller_id,),
        ).fetchone()
        for table in HELD
    ]
    return [row[0] if row else -1 for row in counts]


def known(tenant: Tenant) -> Any:
    """Return the contact that signed up."""
    return tenant.client.post("/v1/contacts/lookup", json={"email": EMAIL}).json


def actions(tenant: Tenant) -> list[str]:
    """Return what the contact's ledger says was done."""
    path = f"/v1/contacts/{known(tenant)['id']}/ledger"
    return [entry["action"] for entry in tenant.client.get(path).json["items"]]


@pytest.mark.rule(5, 25, 38)
def test_a_contact_known_from_an_unconfirmed_sign_up_alone_is_erased_once(
    sign_up_lapsing: Clear, tenant: Tenant, admin: Admin
) -> None:
    second_time = sign_up_lapsing()

    assert held(admin, tenant) == [0] * len(HELD)
    assert second_time == 0
    assert told(admin, tenant, "contact.erased.v1") == [{"ground": "not_confirmed"}]
    [entry] = audited(admin, tenant, "contacts.erase")
    assert (entry["actor"], entry["purpose"]) == ("worker", "not_confirmed")
    assert told(admin, tenant, "consent.expired.v1") == []


def test_the_last_moment_is_the_persons(
    sign_up_lapsing: Clear, client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    sign_up_lapsing(ago="-1 minute")
    sign_up_lapsing(ago="50 minutes")

    assert verdict(tenant) == ["pending_confirmation"]


def _event(tenant: Tenant, kind: str) -> None:
    event = {
        "type": kind,
        "email": EMAIL,
        "occurred_at": "2026-01-01T10:00:00Z",
        "event_id": "e1",
    }
    answer = tenant.client.post("/v1/engagement-events", json={"events": [event]})
    assert answer.status_code in {200, 202}, answer.json


KNOWLEDGE: dict[str, Callable[[Tenant], object]] = {
    "a changed field": lambda t: change(t, known(t), first_name="Mari"),
    "another permission": lambda t: t.client.post(
        f"/v1/contacts/{known(t)['id']}/permissions", json=CONSENT
    ),
    "an opened message": lambda t: _event(t, "opened"),
    "a block of the person's": lambda t: suppress(t, email_key(t, EMAIL), "unsubscribe"),
    "a rights request": lambda t: ask(t, "access", email=EMAIL),
}


@pytest.mark.rule(16, 19)
@pytest.mark.parametrize("what", KNOWLEDGE)
def test_a_contact_known_otherwise_loses_the_pending_consent_alone(
    sign_up_lapsing: Clear, tenant: Tenant, admin: Admin, what: str
) -> None:
    sign_up_lapsing(lambda: KNOWLEDGE[what](tenant))

    assert [one for one in actions(tenant) if one != "granted"] == ["requested", "expired"]
    assert "pending_confirmation" not in verdict(tenant)
    assert told(admin, tenant, "contact.erased.v1") == []
    assert len(audited(admin, tenant, "permissions.expire")) == 1


def test_a_contact_from_before_the_sign_up_stays(
    sign_up_lapsing: Clear, tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant)

    sign_up_lapsing()

    assert known(tenant)["id"] == contact["id"]
    assert actions(tenant) == ["requested", "expired"]


def test_a_confirmed_sign_up_stays(
    sign_up_lapsing: Clear, client: FlaskClient, tenant: Tenant, admin: Admin
) -> None:
    sign_up_lapsing(lambda: client.post(links(admin, tenant)[0]))

    assert verdict(tenant) == []


@pytest.mark.rule(5)
def test_a_block_from_before_and_the_course_of_the_mail_keep_no_contact(
    sign_up_lapsing: Clear, tenant: Tenant, admin: Admin
) -> None:
    suppress(tenant, email_key(tenant, EMAIL), "erasure")

    sign_up_lapsing(lambda: _event(tenant, "delivered"))

    assert held(admin, tenant)[0] == 0
    assert reasons(tenant, email_key(tenant, EMAIL)) == ["erasure"]


def test_a_later_sign_up_has_its_own_seven_days(
    sign_up_lapsing: Clear, form: KeyClient, tenant: Tenant, admin: Admin, worker: Any
) -> None:
    settings = tenant.app.extensions["crm.settings"]

    def again() -> None:
        sign_up(form, EMAIL, "events")
        duty.hand_on_due(worker, settings)

    sign_up_lapsing(again)
    between = (held(admin, tenant)[0], verdict(tenant, "events"))
    admin.execute(LAPSE, ("61 minutes", tenant.controller_id, tenant.controller_id))
    unconfirmed.clear(worker, settings, Event())

    assert between == (1, ["pending_confirmation"])
    assert held(admin, tenant) == [0] * len(HELD)


def test_a_person_at_the_screen_is_waited_for(
    sign_up_lapsing: Clear, tenant: Tenant, admin: Admin, worker: Any, settings: Settings
) -> None:
    sign_up_lapsing(lambda: admin.execute(AT_THE_SCREEN, (tenant.controller_id,)))
    meanwhile = held(admin, tenant)[0]
    over = "UPDATE address_proofs SET expires_at = now() WHERE controller_id = %s AND purpose = %s"
    admin.execute(over, (tenant.controller_id, "rights"))
    unconfirmed.clear(worker, settings, Event())

    assert (meanwhile, held(admin, tenant)) == (1, [0] * len(HELD))


def test_of_two_workers_one_takes_a_sign_up_back(
    sign_up_lapsing: Clear, tenant: Tenant, admin: Admin, settings: Settings
) -> None:
    sign_up_lapsing(ago="-1 minute")
    admin.execute(LAPSE, ("61 minutes", tenant.controller_id, tenant.controller_id))

    def clear(_: int) -> int:
        options = connect_options(WORKER_ROLE)
        with psycopg.connect(settings.worker_url, autocommit=True, **options) as connection:
            return unconfirmed.clear(connection, settings, Event())

    with ThreadPoolExecutor(3) as machines:
        taken = sum(machines.map(clear, range(3)))

    assert taken == 1
    assert len(audited(admin, tenant, "contacts.erase")) == 1


def test_an_unused_link_is_not_forgotten_before_what_it_was_to_confirm(
    sign_up_lapsing: Clear, tenant: Tenant, admin: Admin, worker: Any
) -> None:
    def worker_was_away() -> None:
        admin.execute(LAPSE, ("40 days", tenant.controller_id, tenant.controller_id))
        proofs.forget_expired(worker)

    sign_up_lapsing(worker_was_away, ago="40 days")

    assert held(admin, tenant) == [0] * len(HELD)
