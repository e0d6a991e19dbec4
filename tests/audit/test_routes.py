"""Who read or wrote what (rule 38)."""

import uuid

import psycopg
import pytest
from flask import Flask
from psycopg.rows import TupleRow

from crm_service.audit import service
from crm_service.db import driver_connection, transaction
from tests.factories import Tenant

Admin = psycopg.Connection[TupleRow]


def _record(tenant: Tenant, action: str, subject_id: uuid.UUID | None = None) -> None:
    with transaction(tenant.controller_id) as session:
        service.record(
            driver_connection(session),
            tenant.controller_id,
            actor="operator:test",
            action=action,
            subject_id=subject_id,
            fields=["email"],
            details={"source": "test"},
        )


@pytest.mark.rule(38)
def test_entries_are_listed_newest_first_with_everything_but_personal_data(
    tenant: Tenant,
) -> None:
    subject_id = uuid.uuid4()
    _record(tenant, "contacts.read", subject_id)
    _record(tenant, "contacts.update", subject_id)

    items = tenant.client.get(f"/v1/audit?subject_id={subject_id}").json["items"]

    assert [item["action"] for item in items] == ["contacts.update", "contacts.read"]
    assert items[0]["actor"] == "operator:test"
    assert items[0]["fields"] == ["email"]
    assert items[0]["details"] == {"source": "test"}
    assert len(items[0]["digest"]) == 64


def test_entries_are_filtered_by_action(tenant: Tenant) -> None:
    _record(tenant, "contacts.read")
    _record(tenant, "contacts.update")

    items = tenant.client.get("/v1/audit?action=contacts.read").json["items"]

    assert [item["action"] for item in items] == ["contacts.read"]


@pytest.mark.rule(38)
def test_whoever_reads_the_log_is_in_the_log(tenant: Tenant) -> None:
    tenant.client.get("/v1/audit")

    newest = tenant.client.get("/v1/audit").json["items"][0]

    assert newest["action"] == "audit.list"
    assert newest["actor"].startswith("key:")


def test_pages_reach_back_without_gaps(tenant: Tenant) -> None:
    subject_id = uuid.uuid4()
    for number in range(5):
        _record(tenant, f"test.n{'abcde'[number]}", subject_id)

    pages = [tenant.client.get(f"/v1/audit?subject_id={subject_id}&limit=2").json]
    while cursor := pages[-1]["next_cursor"]:
        query = f"subject_id={subject_id}&limit=2&cursor={cursor}"
        pages.append(tenant.client.get(f"/v1/audit?{query}").json)

    actions = [item["action"] for page in pages for item in page["items"]]
    assert actions == ["test.ne", "test.nd", "test.nc", "test.nb", "test.na"]


@pytest.mark.rule(36)
def test_another_controllers_entries_are_not_there(tenant: Tenant, other_tenant: Tenant) -> None:
    subject_id = uuid.uuid4()
    _record(other_tenant, "contacts.read", subject_id)

    assert tenant.client.get(f"/v1/audit?subject_id={subject_id}").json["items"] == []


@pytest.mark.rule(38)
@pytest.mark.parametrize(
    "change", ["UPDATE audit_entries SET actor = ''", "DELETE FROM audit_entries"]
)
def test_not_even_the_owner_can_change_an_entry(
    app: Flask, tenant: Tenant, admin: Admin, change: str
) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        admin.execute(change)


def test_the_log_needs_its_own_scope(tenant: Tenant) -> None:
    assert tenant.client_with("contacts:read").get("/v1/audit").status_code == 403
