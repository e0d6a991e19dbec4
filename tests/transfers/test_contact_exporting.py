"""The register as a file: handed out without loss, and imported again without effect."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from crm_service.transfers import contact_exporting
from crm_service.transfers.neutralizing import restore
from tests.contacts.register import Admin, audited
from tests.disclosures.audiences import consent, interest, make_topic, register
from tests.factories import Answer, Tenant
from tests.transfers.files import bring

#: What only this register knows, or counts from its own day.
OWN = {"contact_id", "source_kind", "source_reference", "organization_id", "restricted_at"}
SOFT = {
    "topic": "offers",
    "channel": "email",
    "basis": "soft_opt_in",
    "state": "granted",
    "evidence": {"sale": "S-1", "similar_products": True, "opt_out_offered": True},
}


@pytest.fixture(autouse=True)
def topics(tenant: Tenant) -> None:
    """Two topics."""
    make_topic(tenant)
    make_topic(tenant, "offers")


def export(tenant: Tenant, **query: str) -> Answer:
    """Ask for the register and read all of it."""
    return tenant.client.get("/v1/contacts/export", query_string=query, buffered=True)


def rows(answer: Answer) -> list[dict[str, str]]:
    """Return the rows of an export in CSV."""
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def told(answer: Answer) -> list[dict[str, Any]]:
    """Return what an export says that another register could know, without marks."""
    kept = [{n: restore(c) for n, c in row.items() if n not in OWN} for row in rows(answer)]
    return sorted(kept, key=str)


def fill(tenant: Tenant) -> None:
    """Register people with everything that a file has room for."""
    attributes = {"segment": "=gold", "job_title": "CEO"}
    several = (consent(), consent(topic="offers"), interest(), SOFT)
    register(tenant, *several, attributes=attributes, added_at="2025-01-02T03:04:05Z")
    risky: Mapping[str, Any] = {"last_name": "=1+1", "notes": 'one\n"two", three', "phone": None}
    register(tenant, email="ola@example.org", external_id=None, **risky)


@pytest.mark.rule(9)
def test_an_export_imported_again_changes_nothing(tenant: Tenant, tmp_path: Path) -> None:
    fill(tenant)
    exported = export(tenant)
    file = tmp_path / "contacts.csv"
    file.write_bytes(exported.data)

    imported = bring(tenant, file)

    assert set(imported.outcomes) <= {"unchanged", "duplicate"}
    assert [warning for warnings in imported.warnings for warning in warnings] == []
    assert rows(export(tenant)) == rows(exported)


@pytest.mark.rule(9)
@pytest.mark.clause("ee-21")
def test_an_export_makes_the_same_register_elsewhere(
    tenant: Tenant, other_tenant: Tenant, tmp_path: Path
) -> None:
    fill(tenant)
    exported = export(tenant)
    file = tmp_path / "contacts.csv"
    file.write_bytes(exported.data)

    bring(other_tenant, file)

    assert told(export(other_tenant)) == told(exported)
    assert len(rows(exported)) == 4


def test_no_cell_is_a_formula(tenant: Tenant) -> None:
    fill(tenant)

    cells = [cell for row in rows(export(tenant)) for cell in row.values()]

    assert [cell for cell in cells if cell[:1] in tuple("=+-@\t")] == []


@pytest.mark.rule(16)
def test_what_was_refused_is_no_grant_in_a_file(tenant: Tenant) -> None:
    contact_id = register(tenant, consent(), interest())
    refusal = {"topic": "news", "channel": "email", "basis": "consent", "state": "withdrawn"}
    tenant.client.post(f"/v1/contacts/{contact_id}/permissions", json=refusal)

    [row] = rows(export(tenant))
    [line] = export(tenant, format="ndjson").data.splitlines()

    states = {(p["basis"], p["topic"], p["state"]) for p in orjson.loads(line)["permissions"]}
    assert (row["Legal Basis"], row["Topics"]) == ("", "")
    assert {("consent", "news", "withdrawn"), ("legitimate_interests", None, "granted")} <= states


def test_ndjson_tells_of_a_contact_as_the_api_does(tenant: Tenant) -> None:
    contact_id = register(tenant, consent(), attributes={"segment": "gold"})
    contact = tenant.client.get(f"/v1/contacts/{contact_id}").json

    [line] = export(tenant, format="ndjson").data.splitlines()

    exported = orjson.loads(line)
    assert {n: v for n, v in contact.items() if n in exported} == {
        n: v for n, v in exported.items() if n in contact
    }
    assert contact.keys() - exported.keys() <= {"created_at", "updated_at"}
    assert exported["permissions"][0]["evidence"]["method"] == "form"


def test_an_export_can_be_narrowed_as_a_list_can(tenant: Tenant) -> None:
    register(tenant)
    register(tenant, email="ola@example.org", external_id=None, country="NO", language="nb")

    found = rows(export(tenant, country="NO", language="nb", source_kind="event"))

    assert [row["email"] for row in found] == ["ola@example.org"]


@pytest.mark.clause("ws-02")
def test_an_export_can_be_narrowed_to_a_client_managers_contacts(tenant: Tenant) -> None:
    register(tenant)
    ola = register(tenant, email="ola@example.org", external_id=None)
    tenant.client.put(f"/v1/contacts/{ola}/assignment", json={"manager": "anne"})

    found = rows(export(tenant, assigned_to="anne"))

    assert [row["email"] for row in found] == ["ola@example.org"]


def test_pages_are_put_together_without_a_gap(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    emails = {f"person{n}@example.com" for n in range(7)}
    for email in emails:
        register(tenant, email=email, external_id=None)
    monkeypatch.setattr(contact_exporting, "PAGE", 2)

    found = [row["email"] for row in rows(export(tenant))]

    assert sorted(found) == sorted(emails)


@pytest.mark.rule(38)
def test_an_export_is_one_audit_entry(tenant: Tenant, admin: Admin) -> None:
    register(tenant)

    answer = export(tenant, country="EE")

    [entry] = audited(admin, tenant, "contacts.export")
    assert (entry["id"], entry["count"]) == (answer.headers["Export-Id"], 1)
    assert entry["details"]["filters"] == {"country": "EE"}
    assert entry["details"]["complete"] is True
    assert {"email", "notes", "permissions"} <= set(entry["fields"])


@pytest.mark.rule(38)
def test_a_client_that_goes_away_is_recorded(tenant: Tenant, admin: Admin) -> None:
    register(tenant)

    answer = tenant.client.get("/v1/contacts/export", buffered=False)
    next(iter(answer.response))
    answer.close()

    [entry] = audited(admin, tenant, "contacts.export")
    assert entry["details"]["complete"] is False


@pytest.mark.rule(36)
def test_nobody_of_another_controller_is_exported(tenant: Tenant, other_tenant: Tenant) -> None:
    register(other_tenant)

    assert rows(export(tenant)) == []
    assert export(tenant, format="ndjson").data == b""


@pytest.mark.parametrize("query", [{"format": "xlsx"}, {"limit": "1"}, {"email": "x"}])
def test_what_is_no_filter_is_refused(tenant: Tenant, query: dict[str, str]) -> None:
    answer = export(tenant, **query)

    assert answer.status_code == 422
    assert set(answer.json["errors"]) == set(query)


@pytest.mark.rule(37)
def test_an_export_needs_the_scope_to_read(tenant: Tenant) -> None:
    answer = tenant.client_with("audiences:read", "contacts:write").get("/v1/contacts/export")

    assert answer.status_code == 403
