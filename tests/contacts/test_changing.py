from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contacts.register import (
    CONSENT,
    MARI,
    Admin,
    addresses,
    audited,
    change,
    email_key,
    events,
    permitted_keys,
    phone_key,
    reasons,
    register,
    suppress,
)
from tests.factories import Tenant

OLD, NEW = "mari@example.com", "mari.tamm@example.org"
PHONE, NEW_PHONE = "+372 5123 4567", "+372 5765 4321"


def test_a_change_needs_the_version_that_was_read(tenant: Tenant) -> None:
    path = f"/v1/contacts/{register(tenant)['id']}"
    facts = {"city": "Tartu"}

    unsaid = tenant.client.patch(path, json=facts)
    current = tenant.client.patch(path, json=facts, headers={"If-Match": '"1"'})
    outdated = tenant.client.patch(path, json=facts, headers={"If-Match": '"1"'})

    assert [a.status_code for a in (unsaid, current, outdated)] == [428, 200, 412]
    assert current.headers["ETag"] == '"2"'


@pytest.mark.rule(25, 38, 39)
def test_event_and_audit_name_the_changed_fields_only(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant)

    change(tenant, contact, city="Tartu", email=NEW, first_name="Mari")

    expected = {"fields": ["city", "email"], "source": "api"}
    assert events(admin, tenant)[1:] == [("contact.updated.v1", contact["id"], expected)]
    [entry] = audited(admin, tenant, "contacts.update")
    assert entry["fields"] == ["city", "email"]


@pytest.mark.rule(6)
def test_a_changed_address_takes_its_blocks_along_but_no_bounce(tenant: Tenant) -> None:
    contact = register(tenant)
    for reason in ("unsubscribe", "complaint", "hard_bounce", "invalid"):
        suppress(tenant, email_key(tenant, OLD), reason)

    answer = change(tenant, contact, email=NEW)

    assert answer.status_code == 200, answer.json
    assert reasons(tenant, email_key(tenant, NEW)) == ["complaint", "unsubscribe"]
    assert len(reasons(tenant, email_key(tenant, OLD))) == 4


@pytest.mark.rule(6)
def test_a_changed_address_takes_its_permissions_along(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant, permissions=[dict(CONSENT)])

    change(tenant, contact, email=NEW)

    assert email_key(tenant, NEW) in permitted_keys(admin, tenant)


@pytest.mark.rule(6)
def test_the_old_address_stays_an_alias_of_the_same_subject(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant)

    change(tenant, contact, email=NEW)

    known = {key: (str(subject), now) for key, (subject, now) in addresses(admin, tenant).items()}
    assert known == {
        email_key(tenant, OLD): (contact["id"], False),
        email_key(tenant, NEW): (contact["id"], True),
    }
    found = tenant.client.post("/v1/contacts/lookup", json={"email": OLD}).json
    assert (found["id"], found["email"]) == (contact["id"], NEW)


@pytest.mark.rule(6)
def test_a_contact_cannot_take_the_address_of_another(tenant: Tenant, admin: Admin) -> None:
    contact, other = register(tenant), register(tenant, email=NEW)

    answer = change(tenant, contact, email=NEW.upper())

    assert answer.status_code == 409
    assert (answer.json["code"], answer.json["contact_id"]) == ("contact_exists", other["id"])
    assert len(events(admin, tenant)) == 2


@pytest.mark.rule(6)
def test_of_contacts_that_take_one_address_at_once_one_gets_it(
    tenant: Tenant, admin: Admin
) -> None:
    contacts = [register(tenant, email=f"person{n}@example.com") for n in range(5)]

    def take(contact: dict[str, Any]) -> int:
        return change(tenant, contact, email=NEW).status_code

    with ThreadPoolExecutor(6) as pool:
        new = pool.submit(tenant.client.post, "/v1/contacts", json={**MARI, "email": NEW})
        statuses = [*pool.map(take, contacts), new.result().status_code]

    assert sorted(statuses) in ([200] + [409] * 5, [201] + [409] * 5)
    assert addresses(admin, tenant)[email_key(tenant, NEW)][1] is True


@pytest.mark.rule(6)
def test_two_contacts_cannot_swap_addresses_and_do_not_wait_for_each_other(
    tenant: Tenant,
) -> None:
    mari, jaan = register(tenant), register(tenant, email=NEW)

    with ThreadPoolExecutor(2) as pool:
        answers = [
            pool.submit(change, tenant, mari, email=NEW),
            pool.submit(change, tenant, jaan, email=OLD),
        ]

    assert [answer.result().status_code for answer in answers] == [409, 409]


@pytest.mark.rule(4, 6)
def test_an_address_blocked_before_stays_blocked_when_a_contact_takes_it(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant, permissions=[dict(CONSENT)])
    suppress(tenant, email_key(tenant, NEW), "complaint")

    answer = change(tenant, contact, email=NEW)

    assert answer.status_code == 200, answer.json
    assert reasons(tenant, email_key(tenant, NEW)) == ["complaint"]
    assert {str(subject) for subject, _ in addresses(admin, tenant).values()} == {contact["id"]}


@pytest.mark.rule(6)
def test_another_spelling_is_kept_and_moves_nothing(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant)

    answer = change(tenant, contact, email="Mari@Example.com")

    assert answer.json["email"] == "Mari@Example.com"
    assert len(addresses(admin, tenant)) == 1


@pytest.mark.rule(6)
def test_a_changed_number_takes_its_blocks_along(tenant: Tenant) -> None:
    contact = register(tenant, phone=PHONE)
    suppress(tenant, phone_key(tenant, PHONE), "objection", kind="phone")

    change(tenant, contact, phone=NEW_PHONE)

    assert reasons(tenant, phone_key(tenant, NEW_PHONE)) == ["objection"]


@pytest.mark.rule(1, 4)
def test_a_block_outlives_the_number_taken_away_and_comes_back_with_a_new_one(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant, phone=PHONE)
    suppress(tenant, phone_key(tenant, PHONE), "objection", kind="phone")

    change(tenant, contact, phone=None)
    change(tenant, contact, phone=NEW_PHONE)

    assert reasons(tenant, phone_key(tenant, NEW_PHONE)) == ["objection"]
    assert addresses(admin, tenant)[phone_key(tenant, PHONE)][1] is False


@pytest.mark.rule(4)
def test_a_number_blocked_before_any_contact_joins_the_contact_that_bears_it(
    tenant: Tenant, admin: Admin
) -> None:
    suppress(tenant, phone_key(tenant, PHONE), "objection", kind="phone")

    contact = register(tenant, phone=PHONE)

    assert reasons(tenant, phone_key(tenant, PHONE)) == ["objection"]
    assert {str(subject) for subject, _ in addresses(admin, tenant).values()} == {contact["id"]}


def test_attributes_are_merged_and_null_removes_one(tenant: Tenant) -> None:
    contact = register(tenant, attributes={"segment": "architects", "job_title": "engineer"})

    answer = change(tenant, contact, attributes={"job_title": None, "interests": "bridges"})

    assert answer.json["attributes"] == {"segment": "architects", "interests": "bridges"}


@pytest.mark.parametrize(
    "facts", [{"email": None}, {"email": "nobody"}, {"id": "x"}, {"version": 9}]
)
def test_what_cannot_be_changed_is_refused(tenant: Tenant, facts: dict[str, object]) -> None:
    contact = register(tenant)

    answer = change(tenant, contact, **facts)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == list(facts)
