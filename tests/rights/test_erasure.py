import json
import secrets
from typing import Any

import pytest

from tests.contacts.register import (
    CONSENT,
    Admin,
    addresses,
    audited,
    change,
    email_key,
    events,
    phone_key,
    reasons,
    register,
    suppress,
)
from tests.factories import Tenant
from tests.rights.asking import granted, package

EMAIL, PHONE = "quokka.mari@example.com", "+372 5123 4567"
#: Each text stands for one piece of what is known about the person.
KNOWN: dict[str, Any] = {
    "email": EMAIL,
    "phone": PHONE,
    "first_name": "Quokka-Mari",
    "last_name": "Quokka-Tamm",
    "company": "Quokka OÜ",
    "street": "Quokka 1",
    "city": "Quokkaville",
    "external_id": "quokka-1",
    "notes": "quokka asked for prices",
    "source": {"kind": "partner", "reference": "quokka list"},
    "attributes": {"segment": "quokka"},
    "permissions": [{**CONSENT, "evidence": {**CONSENT["evidence"], "method": "quokka form"}}],
}


def delete(tenant: Tenant, contact: dict[str, Any]) -> int:
    return tenant.client.delete(f"/v1/contacts/{contact['id']}").status_code


def tables_that_know(admin: Admin, text: str) -> list[str]:
    names = admin.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    query = "SELECT count(*) FROM {} AS t WHERE t::text ILIKE '%{}%'"
    return [name for (name,) in names if admin.execute(query.format(name, text)).fetchone() != (0,)]


@pytest.mark.rule(5, 34)
def test_nothing_in_the_whole_database_tells_of_an_erased_person(
    tenant: Tenant, admin: Admin
) -> None:
    name, phone = f"numbat{secrets.token_hex(4)}", f"+372 5{secrets.randbelow(10**7):07}"
    contact = register(tenant, **json.loads(json.dumps(KNOWN).replace("quokka", name)))
    change(tenant, contact, email=f"{name}.tamm@example.com", phone=phone)
    assert "contacts" in tables_that_know(admin, name)

    assert delete(tenant, contact) == 204

    assert tables_that_know(admin, name) == tables_that_know(admin, phone) == []


@pytest.mark.rule(5)
def test_an_erased_contact_leaves_no_address_key_where_nothing_is_suppressed(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant, **KNOWN)

    delete(tenant, contact)

    assert addresses(admin, tenant) == {}
    held = "SELECT count(*) FROM permissions WHERE controller_id = %s"
    assert admin.execute(held, (tenant.controller_id,)).fetchone() == (0,)


@pytest.mark.rule(5)
@pytest.mark.clause("ee-16")
def test_suppressions_stay_with_key_scope_reason_date_and_source_alone(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant, **KNOWN)
    key = email_key(tenant, EMAIL)
    suppress(tenant, key, "unsubscribe")

    delete(tenant, contact)

    [(kept,)] = admin.execute(
        "SELECT to_jsonb(s) FROM suppressions s WHERE controller_id = %s", (tenant.controller_id,)
    )
    assert (kept["address_key"], kept["reason"], kept["note"]) == (str(key), "unsubscribe", None)
    assert addresses(admin, tenant).keys() == {key}
    assert addresses(admin, tenant)[key][1] is False


@pytest.mark.rule(4, 5)
def test_a_person_registered_again_after_erasure_is_still_suppressed(tenant: Tenant) -> None:
    contact = register(tenant, **KNOWN)
    suppress(tenant, email_key(tenant, EMAIL), "objection")
    delete(tenant, contact)

    again = register(tenant, email=EMAIL.upper(), permissions=[dict(CONSENT)])

    assert again["id"] == contact["id"]
    assert again["last_name"] is None
    assert reasons(tenant, email_key(tenant, EMAIL)) == ["objection"]


@pytest.mark.rule(5)
@pytest.mark.clause("ee-17")
def test_a_blocked_number_is_kept_to_compare_and_the_address_is_not(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant, **KNOWN)
    suppress(tenant, phone_key(tenant, PHONE), "objection", kind="phone")

    delete(tenant, contact)

    assert addresses(admin, tenant).keys() == {phone_key(tenant, PHONE)}
    assert reasons(tenant, phone_key(tenant, PHONE)) == ["objection"]


def test_a_shared_number_goes_to_whoever_still_bears_it(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant, **KNOWN)
    other = register(tenant, email="jaan@example.com", phone=PHONE)

    delete(tenant, contact)

    subject_id, is_current = addresses(admin, tenant)[phone_key(tenant, PHONE)]
    assert (str(subject_id), is_current) == (other["id"], True)


@pytest.mark.rule(1, 5)
def test_a_shared_number_that_is_blocked_stays_blocked_for_whoever_still_bears_it(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant, **KNOWN)
    register(tenant, email="jaan@example.com", phone=PHONE)
    suppress(tenant, phone_key(tenant, PHONE), "objection", kind="phone")

    delete(tenant, contact)

    assert reasons(tenant, phone_key(tenant, PHONE)) == ["objection"]
    assert addresses(admin, tenant)[phone_key(tenant, PHONE)][1] is True


@pytest.mark.rule(18)
def test_ledger_entries_stay_with_their_digest_when_their_evidence_is_emptied(
    tenant: Tenant, admin: Admin
) -> None:
    contact = register(tenant, **KNOWN)

    delete(tenant, contact)

    entries = admin.execute(
        "SELECT l.action, l.evidence_sha256 IS NOT NULL, e.salt, e.evidence FROM ledger_entries l"
        " LEFT JOIN ledger_evidence e ON e.entry_id = l.id WHERE l.controller_id = %s"
        " ORDER BY l.position",
        (tenant.controller_id,),
    )
    assert list(entries) == [("granted", True, None, None), ("erased", False, None, None)]


@pytest.mark.rule(25, 38, 39)
def test_erasure_is_told_and_audited_with_its_ground(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant, **KNOWN)

    delete(tenant, contact)

    expected = ("contact.erased.v1", contact["id"], {"ground": "no_longer_needed"})
    assert events(admin, tenant)[-1] == expected
    [entry] = audited(admin, tenant, "contacts.erase")
    assert (entry["subject_id"], entry["purpose"]) == (contact["id"], "no_longer_needed")


def test_what_is_gone_cannot_be_erased_again(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant, **KNOWN)
    suppress(tenant, email_key(tenant, EMAIL), "unsubscribe")

    statuses = [delete(tenant, contact) for _ in range(2)]

    assert statuses == [204, 404]
    assert tenant.client.get(f"/v1/contacts/{contact['id']}").status_code == 404
    assert len(audited(admin, tenant, "contacts.erase")) == 1


@pytest.mark.rule(36)
def test_another_controllers_contact_cannot_be_erased(tenant: Tenant, other_tenant: Tenant) -> None:
    contact = register(other_tenant, **KNOWN)

    assert delete(tenant, contact) == 404

    assert other_tenant.client.get(f"/v1/contacts/{contact['id']}").status_code == 200


@pytest.mark.rule(34, 38)
def test_an_export_holds_what_every_room_knows(tenant: Tenant, admin: Admin) -> None:
    contact = register(tenant, **KNOWN)
    suppress(tenant, email_key(tenant, EMAIL), "unsubscribe")

    held = package(tenant, granted(tenant, "access", contact_id=contact["id"]))

    assert {room: len(rows) for room, rows in held.items() if rows and room != "access_log"} == {
        "permissions": 1,
        "suppression": 1,
        "contacts": 1,
        "subjects": 2,
        "rights": 1,
    }
    assert held["contacts"][0]["notes"] == KNOWN["notes"]
    [entry] = audited(admin, tenant, "rights.package")
    assert entry["subject_id"] == contact["id"]
