"""After the term nothing leads to a person: not a column, payload, log or event (clause si-12)."""

import io
import uuid
from typing import Any

import pytest
from flask import Flask

from crm_service.addresses import address_key, normalize_email, normalize_phone
from tests.contacts.register import CONSENT, Admin
from tests.engagement.happenings import happening, take_in
from tests.factories import Tenant, load_policy, make_tenant
from tests.retention.aging import INTEREST, Retention, add, at, contacts, register
from tests.rights.asking import under

_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
PERSON: dict[str, Any] = {
    "phone": "+386 41 234 567",
    "first_name": "Bilbyana",
    "last_name": "Bilbyanec",
    "company": "Bilbyana d.o.o.",
    "street": "Bilbyanska 1",
    "external_id": "bilbyana-1",
    "notes": "bilbyana asked for prices",
    "source": {"kind": "website_form", "reference": "bilbyana form"},
    "attributes": {"contract_number": "bilbyana-2026"},
}


def knows(admin: Admin, text: str) -> set[str]:
    """Return the tables that hold the text anywhere."""
    names = [row[0] for row in admin.execute(_TABLES).fetchall()]
    query = "SELECT count(*) FROM {} AS t WHERE t::text ILIKE %s"
    held = [(name, admin.execute(query.format(name), (f"%{text}%",)).fetchone()) for name in names]
    return {name for name, count in held if count != (0,)}


def known_person(tenant: Tenant, email: str) -> dict[str, Any]:
    """Register a person, with whom the controller had to do in every way; then all is withdrawn."""
    with at("2026-11-03T08:00:00Z"):
        contact = register(tenant, **PERSON, email=email, permissions=[dict(CONSENT)])
        add(tenant, contact, "call", "2019-12-01T08:00:00Z", number=PERSON["phone"], note="bilby")
        add(tenant, contact, "order", "2019-12-02T08:00:00Z", note="bilbyana's order", case="B-1")
        take_in(tenant, [happening("clicked", email=email, url="https://example.com/bilby")])
        path = f"/v1/contacts/{contact['id']}/permissions"
        tenant.client.post(path, json={**CONSENT, "state": "withdrawn"})
        [case] = tenant.client.get(f"/v1/contacts/{contact['id']}/cases").json["items"]
        tenant.client.post(f"/v1/contacts/{contact['id']}/cases/{case['id']}/close")
    return contact


@pytest.mark.rule(5, 34, 39)
@pytest.mark.clause("si-12")
def test_nothing_in_the_database_or_the_logs_leads_to_whom_nothing_keeps_any_more(
    app: Flask, admin: Admin, retention: Retention, logged: io.BytesIO
) -> None:
    tenant = under(app, "tenzor")
    email = f"bilbyana{uuid.uuid4().hex[:8]}@example.com"
    contact = known_person(tenant, email)
    assert "contacts" in knows(admin, "bilby")

    retention.run(tenant, "2026-12-22T08:00:00Z")

    assert contacts(tenant) == set()
    assert knows(admin, "bilby") == knows(admin, "41234567") == set()
    assert "bilby" not in logged.getvalue().decode().lower()
    assert knows(admin, contact["id"]) <= {"addresses", "suppressions", *_proofs(admin)}


def _proofs(admin: Admin) -> set[str]:
    """Return the logs that prove by pseudonymous ids what was done, and when."""
    logs = ("events_", "ledger_entries_", "ledger_evidence", "audit_entries_", "outbox")
    names = {row[0] for row in admin.execute(_TABLES).fetchall()}
    return {name for name in names if name.startswith(logs)}


@pytest.mark.rule(5)
@pytest.mark.clause("si-12")
def test_of_the_address_only_the_suppressions_key_stays_where_somebody_refused(
    app: Flask, admin: Admin, retention: Retention
) -> None:
    tenant = under(app, "tenzor")
    known_person(tenant, "bilbyana@example.com")
    pepper = tenant.app.extensions["crm.settings"].keyring.pepper(tenant.controller_id)
    mail = address_key(pepper, "email", normalize_email("bilbyana@example.com"))
    phone = address_key(pepper, "phone", normalize_phone(PERSON["phone"]))

    retention.run(tenant, "2026-12-22T08:00:00Z")

    kept = knows(admin, str(mail)) - _proofs(admin)
    assert kept == {"addresses", "suppressions"}
    assert knows(admin, str(phone)) == set()


@pytest.mark.clause("ee-10", "si-12")
def test_what_was_anonymized_stays_counted_without_a_key_to_anybody(
    app: Flask, retention: Retention
) -> None:
    tenant = under(app, "tenzor")
    known_person(tenant, "bilbyana@example.com")

    retention.run(tenant, "2026-12-22T08:00:00Z")

    said = retention.invoke("totals", "--controller", tenant.slug).stdout.splitlines()
    assert said == [f"{tenant.slug}: contact, 2026: 1", f"{tenant.slug}: transactions, 2019: 1"]


@pytest.mark.clause("ee-10", "si-12")
def test_anonymized_contracts_stay_counted_by_the_year_in_which_each_ended(
    app: Flask, retention: Retention
) -> None:
    document = load_policy()
    document["retention"]["rules"]["contracts"] = {
        "category": "contracts", "keep": "P6Y", "from": "contract_end", "then": "anonymize",
    }  # fmt: skip
    tenant = make_tenant(app, policy=document)
    path = f"/v1/contacts/{register(tenant)['id']}/contracts"
    for number, ended_on in enumerate(["2018-12-31", "2018-01-01", "2019-01-01", None]):
        said = {"reference": f"C-{number}", "signed_on": "2015-05-05", "ended_on": ended_on}
        assert tenant.client.post(path, json=said).status_code == 201

    retention.run(tenant, "2024-12-31T21:59:59Z")
    before = len(tenant.client.get(path).json["items"])
    retention.run(tenant, "2024-12-31T22:00:00Z")
    retention.run(tenant, "2025-01-01T22:00:00Z")

    assert before == 3
    assert [one["reference"] for one in tenant.client.get(path).json["items"]] == ["C-3"]
    told = retention.invoke("totals", "--controller", tenant.slug).stdout.splitlines()
    assert told == [f"{tenant.slug}: contracts, 2018: 2", f"{tenant.slug}: contracts, 2019: 1"]


@pytest.mark.clause("ee-10")
def test_what_people_did_with_a_campaign_stays_counted_when_they_are_gone(
    tenant: Tenant, retention: Retention
) -> None:
    register(tenant, added_at="2015-01-01T00:00:00Z", permissions=[dict(INTEREST)])
    said: dict[str, Any] = {"campaign": "spring", "url": "https://example.com/"}
    take_in(tenant, [happening("delivered", **said), happening("opened", machine=True, **said)])
    before = tenant.client.get("/v1/campaigns/spring/stats").json

    retention.run(tenant, "2026-12-22T08:00:00Z")

    assert contacts(tenant) == set()
    assert tenant.client.get("/v1/campaigns/spring/stats").json == before
