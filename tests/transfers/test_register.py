"""What an import does to people who stand in the register, and never does (rules 4, 6, 17, 20)."""

import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from crm_service.errors import Forbidden
from crm_service.transfers.updating import Updates
from tests.contacts.register import (
    CONSENT as STATED_CONSENT,
)
from tests.contacts.register import (
    addresses,
    audited,
    email_key,
    events,
    phone_key,
    reasons,
    register,
    suppress,
)
from tests.factories import Tenant, load_policy, make_tenant
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

MARI = {"Email": "mari@example.com"}
PHONE = "+372 5123 4567"


def verdict(tenant: Tenant, email: str = "mari@example.com", topic: str = "news") -> dict[str, Any]:
    """Return whether something may be sent now."""
    question = {"topic": topic, "channel": "email", "emails": [email]}
    found: dict[str, Any] = tenant.client.post("/v1/eligibility-checks", json=question).json
    result: dict[str, Any] = found["results"][0]
    return result


def leave(tenant: Tenant, topic: str = "news") -> None:
    """Unsubscribe Mari by one click."""
    asked = {"email": "mari@example.com", "topic": topic}
    url: str = tenant.client.post("/v1/unsubscribe-links", json=asked).json["url"]
    path = "/u/" + url.rpartition("/")[2]
    assert tenant.app.test_client().post(path).status_code == 200


@pytest.mark.rule(4, 5, 16)
def test_whoever_left_and_was_erased_stays_out_though_the_file_says_consent(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    file = write(tmp_path / "f.csv", {**MARI, "Topics": "news", **CONSENT})
    bring(tenant, file)
    leave(tenant)
    contact_id = contacts(admin, tenant)["mari@example.com"]["id"]
    assert tenant.client.delete(f"/v1/contacts/{contact_id}").status_code == 204

    again = bring(tenant, file)

    assert again.outcomes == ["created"]
    assert "suppressed" in again.warnings[0]
    assert contacts(admin, tenant)["mari@example.com"]["id"] == contact_id
    assert verdict(tenant)["eligible"] is False
    assert "suppressed" in again.report[1][-1]


@pytest.mark.rule(4, 16)
def test_a_refusal_is_no_yes_again_by_older_consent_or_another_basis(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    bring(tenant, write(tmp_path / "a.csv", {**MARI, "Topics": "news", **CONSENT}))
    leave(tenant)
    interest = {"Legal Basis": "legitimate_interests", "Assessment": "LIA-1"}

    again = bring(
        tenant,
        write(
            tmp_path / "b.csv",
            {**MARI, "Topics": "news", **interest},
            {**MARI, "Topics": "news", **CONSENT, "Opt-in Source": "paper"},
        ),
    )

    assert [sorted(row) for row in again.warnings] == [["objection_stands", "suppressed"]] * 2
    assert {state for *_, state in permissions(admin, tenant)} == {"withdrawn"}


@pytest.mark.rule(4)
@pytest.mark.parametrize("reason", ["complaint", "hard_bounce", "manual", "objection"])
def test_no_import_lifts_a_block(tenant: Tenant, tmp_path: Path, reason: str) -> None:
    suppress(tenant, email_key(tenant, "mari@example.com"), reason)

    imported = bring(tenant, write(tmp_path / "f.csv", {**MARI, "Topics": "news", **CONSENT}))

    assert imported.outcomes == ["created"]
    assert imported.warnings == [["suppressed"]]
    assert reasons(tenant, email_key(tenant, "mari@example.com")) == [reason]
    assert verdict(tenant)["reasons"][0] == "suppressed"


@pytest.mark.rule(4)
def test_a_block_on_the_domain_is_named_and_stays(tenant: Tenant, tmp_path: Path) -> None:
    block = {"domain": "*.example.com", "scope": "marketing", "reason": "manual"}
    assert tenant.client.post("/v1/suppressions", json=block).status_code == 201
    rows = [{"Email": "a@mail.example.com"}, {"Email": "b@example.org"}]

    imported = bring(tenant, write(tmp_path / "f.csv", *rows))

    assert imported.warnings == [["suppressed"], []]


@pytest.mark.rule(8, 20)
def test_rows_for_a_contact_that_stands_update_it(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    contact = register(tenant, city="Tartu", added_at="2026-03-01T00:00:00Z")
    row = {
        "Email": " MARI@Example.com ",
        "First Name": "Maarja",
        "Notes": "met",
        "Added": "2026-02-01",
    }

    imported = bring(tenant, write(tmp_path / "f.csv", row))

    assert imported.outcomes == ["updated"]
    [stored] = contacts(admin, tenant).values()
    assert (stored["id"], stored["email"]) == (contact["id"], "mari@example.com")
    assert (stored["first_name"], stored["city"], stored["notes"]) == ("Maarja", "Tartu", "met")
    assert datetime.fromisoformat(stored["added_at"]).isoformat() == "2026-01-31T22:00:00+00:00"
    assert stored["version"] == 2
    changed = {"fields": ["added_at", "first_name", "notes"], "source": "import"}
    assert events(admin, tenant)[-1] == ("contact.updated.v1", contact["id"], changed)


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ({}, ("Maarja", "met")),
        ({"default": "fill-empty"}, ("Mari", "met")),
        ({"default": "keep"}, ("Mari", None)),
        ({"default": "keep", "by_field": {"first_name": "overwrite"}}, ("Maarja", None)),
        ({"by_field": {"first_name": "fill-empty", "notes": "keep"}}, ("Mari", None)),
    ],
)
def test_the_update_mode_decides_field_by_field(
    tenant: Tenant, admin: Admin, tmp_path: Path, modes: dict[str, Any], expected: tuple[str, str]
) -> None:
    register(tenant)
    file = write(tmp_path / "f.csv", {**MARI, "First Name": "Maarja", "Notes": "met"})

    bring(tenant, file, updates=Updates(**modes))

    [stored] = contacts(admin, tenant).values()
    assert (stored["first_name"], stored["notes"]) == expected


@pytest.mark.rule(20)
def test_an_address_named_again_fills_in_what_is_empty(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    rows = [
        {**MARI, "First Name": "Mari", "Added": "2026-03-01T00:00:00Z"},
        {"Email": "MARI@example.com", "First Name": "Other", "Notes": "met", "Added": "2026-02-01"},
    ]

    imported = bring(tenant, write(tmp_path / "f.csv", *rows))

    assert imported.outcomes == ["created", "duplicate"]
    [stored] = contacts(admin, tenant).values()
    assert (stored["first_name"], stored["notes"]) == ("Mari", "met")
    assert datetime.fromisoformat(stored["added_at"]).isoformat() == "2026-01-31T22:00:00+00:00"


@pytest.mark.rule(20)
def test_terms_begin_earlier_where_the_contact_turns_out_older_and_never_later(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    row = {**MARI, "Topics": "news", **CONSENT, "Added": "2026-03-01T00:00:00Z"}
    bring(tenant, write(tmp_path / "a.csv", row))

    bring(tenant, write(tmp_path / "b.csv", {**MARI, "Added": "2020-01-01T00:00:00Z"}))
    bring(tenant, write(tmp_path / "c.csv", {**MARI, "Added": "2026-01-01T00:00:00Z"}))

    [anchor] = _column(admin, tenant, "permissions", "anchor_at")
    assert anchor == datetime.fromisoformat("2020-01-01T00:00:00+00:00")
    assert verdict(tenant)["reasons"] == ["term_ended"]
    actions = _column(admin, tenant, "ledger_entries", "action")
    assert actions == ["granted", "reanchored"]


@pytest.mark.rule(17)
def test_the_ledger_holds_the_evidence_that_the_row_gives(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    file = write(tmp_path / "f.csv", {**MARI, "Topics": "news", **CONSENT})

    imported = bring(tenant, file)

    [contact] = contacts(admin, tenant).values()
    [entry] = tenant.client.get(f"/v1/contacts/{contact['id']}/ledger").json["items"]
    assert entry["evidence"] == {
        "method": "webform /subscribe",
        "occurred_at": "2026-03-01T10:00:00Z",
        "wording": {"version": "newsletter v3"},
    }
    assert (entry["source"], entry["recorded_by"]) == ("import", ACTOR)
    assert imported.result.job.notes["wordings_without_text"] == ["newsletter v3"]


@pytest.mark.rule(17, 21)
@pytest.mark.parametrize(
    ("cells", "warning"),
    [
        ({**CONSENT, "Opt-in Time": ""}, "evidence_missing"),
        ({**CONSENT, "Opt-in Time": "03/01/2026"}, "evidence_missing"),
        ({**CONSENT, "Opt-in Time": "2099-01-01"}, "evidence_in_future"),
        ({**CONSENT, "Opt-in Source": " "}, "evidence_missing"),
        ({**CONSENT, "Consent Text": ""}, "evidence_missing"),
        ({"Legal Basis": "legitimate interests"}, "evidence_missing"),
        ({"Legal Basis": "because"}, "unknown_basis"),
        ({"Legal Basis": "vital_interests"}, "evidence_missing"),
        ({**CONSENT, "Topics": "Not A Slug"}, "invalid_topic"),
    ],
)
def test_a_claim_that_does_not_suffice_makes_a_contact_and_no_permission(
    tenant: Tenant, admin: Admin, tmp_path: Path, cells: dict[str, str], warning: str
) -> None:
    imported = bring(tenant, write(tmp_path / "f.csv", {**MARI, **cells}))

    assert imported.outcomes == ["created"]
    assert imported.warnings == [[warning]]
    assert counted(admin, tenant, "permissions", "ledger_entries") == {
        "permissions": 0,
        "ledger_entries": 0,
    }


@pytest.mark.rule(17)
def test_a_policy_may_want_the_text_of_every_wording(
    app: Any, admin: Admin, tmp_path: Path
) -> None:
    document = load_policy() | {"consent": {"wording_text": "error"}}
    tenant = make_tenant(app, policy=document)

    imported = bring(tenant, write(tmp_path / "f.csv", {**MARI, **CONSENT}))

    assert imported.warnings == [["wording_text_missing"]]
    assert permissions(admin, tenant) == set()


def test_missing_topics_are_made_and_archived_ones_wake_no_more(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    tenant.client.post(
        "/v1/topics", json={"slug": "old", "name": {"en": "Old"}, "category": "marketing"}
    )
    assert tenant.client.delete("/v1/topics/old").status_code == 200

    imported = bring(tenant, write(tmp_path / "f.csv", {**MARI, "Topics": "old | News", **CONSENT}))

    assert imported.result.job.notes["topics_created"] == ["news"]
    assert imported.warnings == [["archived_topic"]]
    assert {topic for _, _, topic, *_ in permissions(admin, tenant)} == {"news"}


@pytest.mark.rule(6)
def test_a_changed_number_takes_its_blocks_along(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    contact = register(tenant, phone=PHONE)
    suppress(tenant, phone_key(tenant, PHONE), "manual", kind="phone")

    imported = bring(tenant, write(tmp_path / "f.csv", {**MARI, "Phone": "+372 5765 4321"}))

    new = phone_key(tenant, "+372 5765 4321")
    assert imported.outcomes == ["updated"]
    assert reasons(tenant, new) == ["manual"]
    held = addresses(admin, tenant)
    assert held[new] == (uuid.UUID(contact["id"]), True)
    assert held[phone_key(tenant, PHONE)] == (uuid.UUID(contact["id"]), False)


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


def _column(admin: Admin, tenant: Tenant, table: str, column: str) -> list[Any]:
    order = "position" if table == "ledger_entries" else column
    query = f"SELECT {column} FROM {table} WHERE controller_id = %s ORDER BY {order}"  # noqa: S608
    return [row[0] for row in admin.execute(query.encode(), (tenant.controller_id,))]
