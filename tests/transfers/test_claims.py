"""What a row claims, and what is recorded of it (rules 17 and 21)."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from crm_service.transfers import summary
from tests.contacts.register import (
    addresses,
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
from tests.transfers.people import MARI, PHONE


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


@pytest.mark.rule(18)
def test_it_is_told_when_a_basis_without_topics_covers_none(tenant: Tenant, tmp_path: Path) -> None:
    by_interest = {**MARI, "Email": "jaan@example.com", "Legal Basis": "legitimate_interests"}
    file = write(tmp_path / "f.csv", {**MARI, **CONSENT}, {**by_interest, "Assessment": "LIA-1"})

    imported = bring(tenant, file)

    assert imported.result.job.notes["bases_covering_no_topic"] == ["consent"]
    told = "\n".join(summary.lines(imported.result, dry_run=False, report_file=None))
    assert "consent without Topics covers no topic under this policy" in told


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
