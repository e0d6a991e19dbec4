"""Whose address, number and id it is, and what is told of an import (rules 1, 25, 36, 38)."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from crm_service.errors import Forbidden
from tests.contacts.register import (
    CONSENT as STATED_CONSENT,
)
from tests.contacts.register import (
    addresses,
    audited,
    events,
    phone_key,
    reasons,
    register,
    suppress,
)
from tests.factories import Tenant, make_tenant
from tests.transfers.files import (
    ACTOR,
    CONSENT,
    Admin,
    bring,
    contacts,
    counted,
    permissions,
    write,
)
from tests.transfers.people import MARI, PHONE


@pytest.mark.rule(1)
def test_a_blocked_number_stays_blocked_and_is_named(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    suppress(tenant, phone_key(tenant, PHONE), "manual", kind="phone")

    imported = bring(tenant, write(tmp_path / "f.csv", {**MARI, "Phone": PHONE}))

    [contact] = contacts(admin, tenant).values()
    assert imported.warnings == [["phone_suppressed"]]
    assert addresses(admin, tenant)[phone_key(tenant, PHONE)] == (uuid.UUID(contact["id"]), True)
    assert reasons(tenant, phone_key(tenant, PHONE)) == ["manual"]


def test_a_number_may_be_shared(tenant: Tenant, admin: Admin, tmp_path: Path) -> None:
    rows = [{"Email": f"{name}@example.com", "Phone": PHONE} for name in ("mari", "jaan")]

    imported = bring(tenant, write(tmp_path / "f.csv", *rows))

    assert imported.outcomes == ["created", "created"]
    assert {contact["phone"] for contact in contacts(admin, tenant).values()} == {PHONE}
    assert len(addresses(admin, tenant)) == 3


def test_a_former_address_finds_the_contact_and_only_fills(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    contact = register(tenant, email="old@example.com")
    path = f"/v1/contacts/{contact['id']}"
    tag = tenant.client.get(path).headers["ETag"]
    moved = tenant.client.patch(path, json={"email": "new@example.com"}, headers={"If-Match": tag})
    assert moved.status_code == 200
    rows = [
        {"Email": "new@example.com", "First Name": "New"},
        {
            "Email": "old@example.com",
            "First Name": "Old",
            "Notes": "met",
            "Topics": "news",
            **CONSENT,
        },
    ]

    imported = bring(tenant, write(tmp_path / "f.csv", *rows))

    assert imported.outcomes == ["updated", "updated"]
    [stored] = contacts(admin, tenant).values()
    assert (stored["email"], stored["first_name"], stored["notes"]) == (
        "new@example.com",
        "New",
        "met",
    )
    assert {email for email, *_ in permissions(admin, tenant)} == {"new@example.com"}


def test_an_external_id_belongs_to_one_contact_alone(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    register(tenant, email="first@example.com", external_id="1")
    rows = [
        {"Email": "a@example.com", "External ID": "1"},
        {"Email": "b@example.com", "External ID": "2"},
        {"Email": "c@example.com", "External ID": "2"},
    ]

    imported = bring(tenant, write(tmp_path / "f.csv", *rows, header=["Email", "External ID"]))

    assert imported.warnings == [["external_id_taken"], [], ["external_id_taken"]]
    ids = {email: contact["external_id"] for email, contact in contacts(admin, tenant).items()}
    assert ids == {
        "first@example.com": "1",
        "a@example.com": None,
        "b@example.com": "2",
        "c@example.com": None,
    }


def test_declared_attributes_are_kept_beside_those_that_stand(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    register(tenant, attributes={"segment": "a"})
    rows = [{**MARI, "Job": "engineer"}, {"Email": "new@example.com", "Job": "cook"}]
    file = write(tmp_path / "f.csv", *rows, header=["Email", "Job"])

    bring(tenant, file, mapping=(("Job", "attributes.job_title"),))

    kept = {email: contact["attributes"] for email, contact in contacts(admin, tenant).items()}
    assert kept == {
        "mari@example.com": {"segment": "a", "job_title": "engineer"},
        "new@example.com": {"job_title": "cook"},
    }


@pytest.mark.rule(25, 26)
def test_each_contact_has_its_events_in_order(tenant: Tenant, admin: Admin, tmp_path: Path) -> None:
    file = write(tmp_path / "f.csv", {**MARI, "Topics": "news|offers", **CONSENT})

    imported = bring(tenant, file)

    told = admin.execute(
        "SELECT e.type, e.correlation, o.position IS NOT NULL FROM events e"
        " LEFT JOIN outbox o USING (position) WHERE e.controller_id = %s ORDER BY e.position",
        (tenant.controller_id,),
    ).fetchall()
    types = ["contact.created.v1", "consent.granted.v1", "consent.granted.v1"]
    assert told == [(type_, imported.result.job.id, True) for type_ in types]
    assert events(admin, tenant)[0][2] == {"source": "import"}


@pytest.mark.rule(36)
def test_the_same_file_in_two_registers_makes_people_of_two_controllers(
    tenant: Tenant, other_tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    file = write(tmp_path / "f.csv", {**MARI, "Topics": "news", **CONSENT, "Phone": PHONE})

    bring(tenant, file)
    theirs = bring(other_tenant, file)

    assert theirs.outcomes == ["created"]
    mine = contacts(admin, tenant)["mari@example.com"]
    other = contacts(admin, other_tenant)["mari@example.com"]
    assert mine["id"] != other["id"]
    assert mine["email_key"] != other["email_key"]


@pytest.mark.rule(38, 39)
def test_a_batch_is_one_entry_of_the_audit_log_and_names_nobody(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    rows = [{"Email": f"person{n}@example.com", "First Name": "Quokka"} for n in range(5)]
    file = write(tmp_path / "f.csv", *rows, {"Email": "none"}, header=["Email", "First Name"])

    imported = bring(tenant, file, batch_rows=4)

    entries = audited(admin, tenant, "transfers.import_contacts")
    assert [(e["actor"], e["count"], e["fields"]) for e in entries] == [
        (ACTOR, 4, ["email", "first_name"]),
        (ACTOR, 1, ["email", "first_name"]),
    ]
    import_id = str(imported.result.job.id)
    assert [e["details"] for e in entries] == [
        {"import": import_id, "rows": [1, 4]},
        {"import": import_id, "rows": [5, 6]},
    ]
    assert "Quokka" not in str(entries)
    assert "person1" not in str(entries)


@pytest.mark.clause("ee-07")
def test_nothing_is_imported_before_the_agreement_is_accepted(
    app: Any, admin: Admin, tmp_path: Path
) -> None:
    tenant = make_tenant(app, accept_agreement=False)

    with pytest.raises(Forbidden, match="accept it first") as refused:
        bring(tenant, write(tmp_path / "f.csv", MARI))

    assert refused.value.code == "agreement_required"
    assert contacts(admin, tenant) == {}


@pytest.mark.rule(4, 21)
def test_consent_that_the_register_knows_is_not_recorded_again(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    register(tenant, permissions=[dict(STATED_CONSENT)])
    rows = {**MARI, **CONSENT, "Opt-in Time": "2025-03-01T10:00:00Z"}

    imported = bring(tenant, write(tmp_path / "f.csv", rows))

    assert imported.outcomes == ["unchanged"]
    assert counted(admin, tenant, "ledger_entries") == {"ledger_entries": 1}
