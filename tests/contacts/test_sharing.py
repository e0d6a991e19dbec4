"""A phone number may be shared by a household or a company."""

import pytest

from tests.contacts.register import (
    CONSENT,
    Admin,
    addresses,
    change,
    permitted_keys,
    phone_key,
    reasons,
    register,
    suppress,
)
from tests.factories import Tenant

NEW = "jaan@example.com"
PHONE, OTHER_PHONE = "+372 5123 4567", "+372 5765 4321"
SMS_CONSENT = {**CONSENT, "channel": "sms"}


@pytest.mark.rule(1)
def test_two_contacts_may_share_a_number_and_a_block_on_it_holds_for_both(
    tenant: Tenant, admin: Admin
) -> None:
    mari, jaan = register(tenant, phone=PHONE), register(tenant, email=NEW, phone=PHONE)
    suppress(tenant, phone_key(tenant, PHONE), "objection", kind="phone")

    change(tenant, mari, phone=None)

    assert mari["id"] != jaan["id"]
    assert reasons(tenant, phone_key(tenant, PHONE)) == ["objection"]
    assert addresses(admin, tenant)[phone_key(tenant, PHONE)][1] is True


@pytest.mark.rule(16)
def test_a_permission_that_moves_to_a_shared_number_ends_no_refusal_on_it(
    tenant: Tenant, admin: Admin
) -> None:
    withdrawal = {
        "purpose": "marketing",
        "channel": "sms",
        "basis": "consent",
        "state": "withdrawn",
    }
    register(tenant, email=NEW, phone=PHONE, permissions=[withdrawal])
    mari = register(tenant, phone=OTHER_PHONE, permissions=[SMS_CONSENT])

    answer = change(tenant, mari, phone=PHONE)

    assert answer.status_code == 200, answer.json
    assert permitted_keys(admin, tenant) == set()


@pytest.mark.rule(21)
def test_the_permissions_of_a_number_taken_away_end_even_where_another_bears_it(
    tenant: Tenant, admin: Admin
) -> None:
    mari = register(tenant, phone=PHONE, permissions=[SMS_CONSENT])
    register(tenant, email=NEW, phone=PHONE)
    assert permitted_keys(admin, tenant) == {phone_key(tenant, PHONE)}

    change(tenant, mari, phone=None)

    assert permitted_keys(admin, tenant) == set()


@pytest.mark.rule(16, 21)
def test_a_refusal_stays_on_a_shared_number_when_one_of_them_gives_it_up(
    tenant: Tenant, admin: Admin
) -> None:
    mari = register(tenant, phone=PHONE, permissions=[SMS_CONSENT])
    jaan = register(tenant, email=NEW, phone=PHONE)
    withdrawal = {name: SMS_CONSENT[name] for name in ("purpose", "channel", "basis")}
    path = f"/v1/contacts/{jaan['id']}/permissions"
    tenant.client.post(path, json={**withdrawal, "state": "withdrawn"})

    change(tenant, mari, phone=OTHER_PHONE)

    assert tenant.client.post(path, json=SMS_CONSENT).status_code == 409
    assert permitted_keys(admin, tenant) == set()
