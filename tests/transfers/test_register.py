"""What an import does to people who stand in the register, and never does (rules 4, 16, 20)."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from crm_service.transfers.updating import Updates
from tests.contacts.register import (
    email_key,
    events,
    reasons,
    register,
    suppress,
)
from tests.factories import Tenant
from tests.transfers.files import (
    CONSENT,
    Admin,
    bring,
    contacts,
    permissions,
    write,
)
from tests.transfers.people import MARI, column_of, leave, verdict


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

    [anchor] = column_of(admin, tenant, "permissions", "anchor_at")
    assert anchor == datetime.fromisoformat("2020-01-01T00:00:00+00:00")
    assert verdict(tenant)["reasons"] == ["term_ended"]
    actions = column_of(admin, tenant, "ledger_entries", "action")
    assert actions == ["granted", "reanchored"]
